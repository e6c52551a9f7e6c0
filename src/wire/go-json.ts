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

type Fields = Readonly<Record<string, unknown>>;

const shapes = new KeyShapes((key) => `${quoted(key)}:`);

/** The whole text at once. `pretty` indents by four spaces and ends with a newline. */
export function goJSON(value: unknown, options: { readonly pretty?: boolean } = {}): string {
  return [...goJSONPieces(value, options)].join("");
}

/** The same text in pieces, cut between what stands in the outer lists and objects: nothing long need be written in one go. */
export function* goJSONPieces(
  value: unknown,
  { pretty = false }: { readonly pretty?: boolean } = {},
): Generator<string, void> {
  const end = pretty ? "\n" : "";
  let piece = "";
  for (const fragment of fragments(value, end, 0)) {
    if (piece !== "") yield piece;
    piece = fragment;
  }
  yield piece + end;
}

/** Levels of objects and lists that are written part by part: down to the tasks of a job's groups. */
const fragmentedLevels = 4;
/** A list of so few elements is only as long as they are. */
const fewElements = 16;

/** An element of a long list is written whole, and so is whatever is deep inside. */
function* fragments(value: unknown, newline: string, depth: number): Generator<string, void> {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || depth >= fragmentedLevels) {
    return yield write(value, newline, depth);
  }
  yield* Array.isArray(value) ? listFragments(value, newline, depth) : objectFragments(value as Fields, newline, depth);
}

function* listFragments(values: readonly unknown[], newline: string, depth: number): Generator<string, void> {
  const inner = newline === "" ? "" : newline + indentation;
  const written = (value: unknown): Iterable<string> =>
    values.length <= fewElements ? fragments(value, inner, depth + 1) : [write(value, inner, depth + 1)];
  let text = "[";
  for (const [at, value] of values.entries()) {
    text += `${at > 0 ? "," : ""}${inner}`;
    for (const fragment of written(value ?? null)) {
      text += fragment;
      if (text.length < pieceLength) continue;
      yield text;
      text = "";
    }
  }
  yield values.length === 0 ? "[]" : `${text}${newline}]`;
}

/** Keys whose value is undefined are left out. */
function* objectFragments(value: Fields, newline: string, depth: number): Generator<string, void> {
  const { sorted, labels } = labelled(value);
  const inner = newline === "" ? "" : newline + indentation;
  const space = newline === "" ? "" : " ";
  let isEmpty = true;
  let text = "{";
  for (let at = 0; at < sorted.length; at++) {
    const field = value[sorted[at] as string];
    if (field === undefined) continue;
    text += `${isEmpty ? "" : ","}${inner}${labels[at] as string}${space}`;
    isEmpty = false;
    if (typeof field === "object") {
      for (const fragment of fragments(field, inner, depth + 1)) {
        text += fragment;
        if (text.length < pieceLength) continue;
        yield text;
        text = "";
      }
    } else text += write(field, inner, depth + 1);
  }
  yield isEmpty ? "{}" : `${text}${newline}}`;
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
      return object(value as Fields, newline, depth);
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
function object(value: Fields, newline: string, depth: number): string {
  const { sorted, labels } = labelled(value);
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

function labelled(value: Fields) {
  return Object.getPrototypeOf(value) === null ? shapes.unremembered(value) : shapes.of(value);
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
