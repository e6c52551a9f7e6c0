import { formatNumber } from "../../base/index.ts";
import type { NumberValue } from "../ast.ts";

/** What an expression comes to. A whole number is a bigint, any other a double. */
export type Value = null | boolean | NumberValue | string | readonly Value[] | ValueSet | ValueMap;

/** A map or an object: members by name. */
export type ValueMap = ReadonlyMap<string, Value>;

/** Each value once, in the order of their texts. */
export class ValueSet {
  readonly elements: readonly Value[];

  constructor(elements: Iterable<Value>) {
    const byText = new Map([...elements].map((element) => [identity(element), element]));
    this.elements = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, element]) => element);
  }
}

/** A value cannot be used as it is; becomes an error with its place. */
export class Unusable extends Error {
  override readonly name = "Unusable";
  readonly hint: string | undefined;
  /** The parameter of the function that is to blame, from 0, if one is. */
  readonly parameter: number | undefined;

  constructor(message: string, { hint, parameter }: { readonly hint?: string; readonly parameter?: number } = {}) {
    super(message);
    this.hint = hint;
    this.parameter = parameter;
  }
}

/** No number in a job is larger; what doubles itself would become too long to be shown. */
const largestWhole = 2n ** 512n;

/** A number in its one form: whole ones are bigints. Throws `Unusable` for what is no number or too large. */
export function numberValue(value: NumberValue): NumberValue {
  if (typeof value === "bigint") {
    if (value > largestWhole || value < -largestWhole) throw new Unusable("the number is too large");
    return value;
  }
  if (!Number.isFinite(value)) throw new Unusable("the result is no finite number");
  return Number.isSafeInteger(value) ? BigInt(value) : value;
}

/** What a value is, for messages. */
export function kindOf(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return "a string";
  if (typeof value === "boolean") return "a boolean";
  if (typeof value === "bigint" || typeof value === "number") return "a number";
  if (isMap(value)) return "an object";
  return value instanceof ValueSet ? "a set" : "a list";
}

export function isMap(value: Value): value is ValueMap {
  return value instanceof Map;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The elements of a list or a set; undefined for anything else. */
export function elementsOf(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  return value instanceof ValueSet ? value.elements : undefined;
}

/** Keys and values to go through: of an object in the order of its keys, of a set each value as its own key. */
export function entriesOf(value: Value): (readonly [key: Value, value: Value])[] | undefined {
  if (isList(value)) return value.map((element, index) => [BigInt(index), element]);
  if (value instanceof ValueSet) return value.elements.map((element) => [element, element]);
  return isMap(value) ? sorted(value) : undefined;
}

/** The members of an object in the order of their names. */
export function sorted(map: ValueMap): (readonly [string, Value])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A string, or what stands for one. Throws `Unusable`. */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return formatNumber(value);
  const hint = value === null ? undefined : "join and jsonencode make a string of it";
  throw new Unusable(`a string is required, not ${kindOf(value)}`, hint === undefined ? {} : { hint });
}

/** A number, or a string that is one. Throws `Unusable`. */
export function numberOf(value: Value): NumberValue {
  if (typeof value === "bigint" || typeof value === "number") return value;
  const text = typeof value === "string" && value.length <= 400 ? value : "";
  if (/^-?[0-9]+$/.test(text)) return numberValue(BigInt(text));
  if (/^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) return numberValue(Number(text));
  const hint = typeof value === "string" && value.includes("${") ? runTimeHint : undefined;
  throw new Unusable(`a number is required, not ${shown(value)}`, hint === undefined ? {} : { hint });
}

const runTimeHint = "What is known only at run time can be part of a string, but not be counted with";

/** A whole number that a double holds exactly. Throws `Unusable`. */
export function integerOf(value: Value): number {
  const found = numberOf(value);
  if (typeof found === "number") throw new Unusable(`a whole number is required, not ${found}`);
  if (found > BigInt(Number.MAX_SAFE_INTEGER) || found < -BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new Unusable("the number is too large");
  }
  return Number(found);
}

/** A boolean, or a string that is one. Throws `Unusable`. */
export function booleanOf(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new Unusable(`true or false is required, not ${shown(value)}`);
}

/** Whether two values are the same; kinds are not mixed: `1` is not `"1"`. */
export function isSame(a: Value, b: Value): boolean {
  if (a === null || typeof a !== "object" || b === null || typeof b !== "object") return a === b;
  if (isMap(a) || isMap(b)) {
    return (
      isMap(a) && isMap(b) && a.size === b.size && [...a].every(([key, one]) => b.has(key) && isSame(one, b.get(key)!))
    );
  }
  const [left, right] = [elementsOf(a)!, elementsOf(b)!];
  return left.length === right.length && left.every((one, index) => isSame(one, right[index]!));
}

/** A text that is the same for two values if and only if they are the same. */
export function identity(value: Value): string {
  if (isMap(value))
    return `{${sorted(value)
      .map(([key, one]) => `${JSON.stringify(key)}:${identity(one)}`)
      .join()}}`;
  const elements = elementsOf(value);
  if (elements !== undefined) return `[${elements.map(identity).join()}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function shown(value: Value): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : kindOf(value);
}
