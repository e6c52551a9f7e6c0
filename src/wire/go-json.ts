import { KeyShapes } from "./key-shapes.ts";

/**
 * Writes JSON as Nomad's agents do: keys in alphabetical order, integers as plain digits however large, bytes as
 * base64, `<`, `>`, `&` and the two line separators of Unicode escaped. (0.4.1 itself prints floating point numbers
 * with an exponent, `4.6E-01`; every reader of JSON takes ours for the same.)
 */

/** A value cannot be said in JSON: not a finite number, a function, or nested deeper than `deepestValue`. */
export class UnwritableJSON extends Error {
  override readonly name = "UnwritableJSON";
}

/** Nothing that came in by a reader is nested so deep; deeper means that a value contains itself. */
const deepestValue = 200;
/** Characters that are gathered before they are handed on. */
const pieceLength = 64 * 1024;
const indentation = "    ";

const shapes = new KeyShapes((key) => `${quoted(key)}:`);

/** The whole text at once. `pretty` indents by four spaces and ends with a newline. */
export function goJSON(value: unknown, options: { readonly pretty?: boolean } = {}): string {
  return [...goJSONPieces(value, options)].join("");
}

/** The same text in pieces, cut between the elements of a list, so that a long list need not be written in one go. */
export function* goJSONPieces(
  value: unknown,
  { pretty = false }: { readonly pretty?: boolean } = {},
): Generator<string, void> {
  const end = pretty ? "\n" : "";
  if (!Array.isArray(value) || value.length === 0) return yield write(value, pretty ? "\n" : "", 0) + end;
  const newline = pretty ? `\n${indentation}` : "";
  let piece = "[";
  for (const [at, element] of value.entries()) {
    piece += `${at > 0 ? "," : ""}${newline}${write(element ?? null, newline, 1)}`;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}${end}]${end}`;
}

/** `newline` is empty, or the line break with the indentation of the line that `value` begins on. */
function write(value: unknown, newline: string, depth: number): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "number":
      return digits(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return value.toString();
    case "object":
      if (value === null) return "null";
      if (depth >= deepestValue) throw new UnwritableJSON(`json: value is nested deeper than ${deepestValue}`);
      if (Array.isArray(value)) return list(value, newline, depth);
      if (value instanceof Uint8Array) return `"${Buffer.from(value).toString("base64")}"`;
      return object(value as Readonly<Record<string, unknown>>, newline, depth);
    default:
      throw new UnwritableJSON(`json: unsupported type: ${typeof value}`);
  }
}

function list(values: readonly unknown[], newline: string, depth: number): string {
  if (values.length === 0) return "[]";
  const inner = newline === "" ? "" : newline + indentation;
  let text = "[";
  for (let at = 0; at < values.length; at++) {
    if (at > 0) text += ",";
    text += inner + write(values[at] ?? null, inner, depth + 1);
  }
  return `${text}${newline}]`;
}

/** Keys whose value is undefined are left out. */
function object(value: Readonly<Record<string, unknown>>, newline: string, depth: number): string {
  const isDictionary = Object.getPrototypeOf(value) === null;
  const { sorted, labels } = isDictionary ? shapes.unremembered(value) : shapes.of(value);
  const inner = newline === "" ? "" : newline + indentation;
  const space = newline === "" ? "" : " ";
  let text = "";
  for (let at = 0; at < sorted.length; at++) {
    const field = value[sorted[at] as string];
    if (field === undefined) continue;
    if (text !== "") text += ",";
    text += inner + (labels[at] as string) + space + write(field, inner, depth + 1);
  }
  return text === "" ? "{}" : `{${text}${newline}}`;
}

/** Nearly all strings: nothing in them needs an escape. */
const plain = /^[ !#-%'-;=?-[\]-~]*$/;
const allToEscape = /[<>&\u2028\u2029]/g;

function quoted(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  const json = JSON.stringify(text.toWellFormed());
  return json.replace(allToEscape, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function digits(value: number): string {
  if (!Number.isFinite(value)) throw new UnwritableJSON(`json: unsupported value: ${value}`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return BigInt(value).toString();
  return Object.is(value, -0) ? "0" : String(value);
}
