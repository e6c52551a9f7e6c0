/**
 * Writes JSON as Nomad's agents do: keys in alphabetical order, integers as plain digits however large, bytes as
 * base64, `<`, `>`, `&` and the two line separators of Unicode escaped. (0.4.1 itself prints floating point numbers
 * with an exponent, `4.6E-01`; every reader of JSON takes ours for the same.)
 *
 * Sorting keys is the dear part. Values of one kind have the same keys in the same order, so the sorted order is
 * remembered for each such shape; only dictionaries, whose keys are data, are sorted anew.
 */

/** A value cannot be said in JSON: not a finite number, a function, or nested deeper than `deepestValue`. */
export class UnwritableJSON extends Error {
  override readonly name = "UnwritableJSON";
}

/** Nothing that came in by a reader is nested so deep; deeper means that a value contains itself. */
const deepestValue = 200;
/** Characters that are gathered before they are handed on. */
const pieceLength = 64 * 1024;
/** Kinds of values remembered; there are about a hundred. */
const mostShapes = 1_000;
const indentation = "    ";

interface Shape {
  readonly keys: readonly string[];
  readonly sorted: readonly string[];
  /** The sorted keys as they are written, colon included. */
  readonly labels: readonly string[];
}

const shapes = new Map<string, Shape>();

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
  const { sorted, labels } = shapeOf(value);
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

function shapeOf(value: object): Shape {
  const keys = Object.keys(value);
  if (Object.getPrototypeOf(value) === null) return newShape(keys);
  const name = `${keys.length} ${keys[0]} ${keys[keys.length - 1]}`;
  const known = shapes.get(name);
  if (known !== undefined && sameKeys(known.keys, keys)) return known;
  const shape = newShape(keys);
  if (shapes.size < mostShapes) shapes.set(name, shape);
  return shape;
}

function newShape(keys: readonly string[]): Shape {
  const sorted = keys.toSorted();
  return { keys, sorted, labels: sorted.map((key) => `${quoted(key)}:`) };
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
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
