import { formatNumber, InvalidDuration, parseGoBoolean, parseGoDuration } from "../base/index.ts";
import type { Expression, Item, NumberValue } from "./ast.ts";

/** A value cannot be read as what its key wants; `message` is worded as Nomad 0.4.1 words it. */
export class UnfitValue extends Error {
  override readonly name = "UnfitValue";
}

/** Reads all values a key was given, in order, as one value; `name` is the key's name in messages. Throws `UnfitValue`. */
export type ReadField<Value> = (items: readonly Item[], name: string) => Value;

/** Counts and sizes stay exact in a double; durations may be any int64 of nanoseconds. */
const largestInteger = BigInt(Number.MAX_SAFE_INTEGER);
const largestDuration = 2n ** 63n - 1n;
/** A longer text is no number, boolean or duration, and a message need not repeat all of it. */
const longestScalar = 1024;

/** A string. A number is written in decimal, a boolean becomes `1` or `0`. The last value wins. */
export const asString: ReadField<string> = (items, name) => stringOf(lastValue(items, name, "string"), name);

/** An integer, from a string, a number (cut off towards 0) or a boolean. The last value wins. */
export const asInteger: ReadField<number> = (items, name) => integerOf(lastValue(items, name, "int"), name);

/** A boolean, from `true "1" "t"` and the like, or a number that is not 0. The last value wins. */
export const asBoolean: ReadField<boolean> = (items, name) => booleanOf(lastValue(items, name, "bool"), name);

/** Nanoseconds, from a text such as `1m30s`; a bare number is nanoseconds already. The last value wins. */
export const asDuration: ReadField<number> = (items, name) => {
  const value = lastValue(items, name, "time.Duration");
  if (value.kind !== "string") return integerOf(value, name, { type: "time.Duration", largest: largestDuration });
  try {
    return parseGoDuration(value.value);
  } catch (error) {
    if (error instanceof InvalidDuration) throw new UnfitValue(`error decoding '${name}': ${error.message}`);
    throw error;
  }
};

/** A list of strings; a single value is a list of one, and what a repeated key brings is appended. */
export const asStrings: ReadField<string[]> = (items, name) =>
  items.flatMap((item) => {
    const value = lastValue([item], name, "[]string");
    if (value.kind !== "list") return [stringOf(value, name)];
    return value.items.map((element, index) => stringOf(element, `${name}[${index}]`));
  });

/** A number as text in decimal, never with an exponent. */
function numberText(value: NumberValue): string {
  return typeof value === "bigint" ? value.toString() : formatNumber(value);
}

/** The string a value becomes where any value may stand for a string. */
export function stringOf(value: Expression, name: string): string {
  switch (value.kind) {
    case "string":
      return value.value;
    case "number":
      return numberText(value.value);
    case "boolean":
      return value.value ? "1" : "0";
    default:
      throw unconvertible(name, "string", value);
  }
}

function integerOf(
  value: Expression,
  name: string,
  { type, largest } = { type: "int", largest: largestInteger },
): number {
  switch (value.kind) {
    case "number":
      return inRange(typeof value.value === "bigint" ? value.value : BigInt(Math.trunc(value.value)), name, largest);
    case "boolean":
      return value.value ? 1 : 0;
    case "string":
      return inRange(integerIn(value.value, name), name, largest);
    default:
      throw unconvertible(name, type, value);
  }
}

function integerIn(text: string, name: string): bigint {
  const isNumber = text.length <= longestScalar && /^[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(text);
  if (!isNumber) throw unparsable(name, text, "invalid syntax");
  const digits = text.replace(/^[+-]/, "");
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits}` : digits);
  return text.startsWith("-") ? -magnitude : magnitude;
}

function inRange(value: bigint, name: string, largest: bigint): number {
  if (value < -largest || value > largest) throw unparsable(name, value.toString(), "value out of range");
  return Number(value);
}

function unparsable(name: string, text: string, why: string): UnfitValue {
  const shown = JSON.stringify(text.slice(0, longestScalar));
  return new UnfitValue(`cannot parse '${name}' as int: strconv.ParseInt: parsing ${shown}: ${why}`);
}

function booleanOf(value: Expression, name: string): boolean {
  switch (value.kind) {
    case "boolean":
      return value.value;
    case "number":
      return Number(value.value) !== 0;
    case "string":
      return value.value !== "" && booleanIn(value.value, name);
    default:
      throw unconvertible(name, "bool", value);
  }
}

function booleanIn(text: string, name: string): boolean {
  const value = parseGoBoolean(text);
  if (value === undefined) throw new UnfitValue(`cannot parse '${name}' as bool: ${parseBoolFailure(text)}`);
  return value;
}

/** What Go says of a text that is no boolean. */
export function parseBoolFailure(text: string): string {
  return `strconv.ParseBool: parsing ${JSON.stringify(text.slice(0, longestScalar))}: invalid syntax`;
}

function lastValue(items: readonly Item[], name: string, type: string): Expression {
  const last = items[items.length - 1]!;
  if (last.kind === "attribute") return last.value;
  throw new UnfitValue(`'${name}' expected type '${type}', got unconvertible type '[]map[string]interface {}'`);
}

function unconvertible(name: string, type: string, value: Expression): UnfitValue {
  const found = value.kind === "list" ? "[]interface {}" : "[]map[string]interface {}";
  return new UnfitValue(`'${name}' expected type '${type}', got unconvertible type '${found}'`);
}
