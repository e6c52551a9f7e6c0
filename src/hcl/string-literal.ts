import type { Scanned, Unreadable } from "./token.ts";

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
  ['"', '"'],
]);
const byteEscapes = /(?:\\x[0-9a-fA-F]{2}|\\[0-3][0-7]{2})+/y;
const codePointEscape = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
/** Runs of characters that mean themselves, outside and inside of `${…}`. */
const plain = /[^"\\\n$]+/y;
const plainInside = /[^{}\\\n]+/y;

/**
 * Reads the quoted string that starts at `start`. Outside of `${…}` escapes are those of Go; inside, everything is
 * passed on as it is, quotes included, and only `\"` loses its backslash: another parser reads it later.
 */
export function scanString(text: string, start: number): Scanned | Unreadable {
  const parts: string[] = [];
  let at = start + 1;
  while (at < text.length && text[at] !== "\n") {
    if (text[at] === '"') return { value: parts.join(""), end: at + 1 };
    const piece = text.startsWith("${", at) ? interpolation(text, at) : literalPiece(text, at);
    if (piece === undefined) break;
    if ("message" in piece) return piece;
    parts.push(piece.value);
    at = piece.end;
  }
  return { message: "literal not terminated", offset: start, hint: 'A string ends with " on the line it began on' };
}

function literalPiece(text: string, at: number): Scanned | Unreadable {
  const run = matched(plain, text, at)?.[0] ?? (text[at] === "$" ? "$" : undefined);
  return run === undefined ? escaped(text, at) : { value: run, end: at + run.length };
}

function escaped(text: string, at: number): Scanned | Unreadable {
  const simple = simpleEscapes.get(text[at + 1] ?? "");
  if (simple !== undefined) return { value: simple, end: at + 2 };
  const bytes = matched(byteEscapes, text, at)?.[0];
  if (bytes !== undefined) return { value: decodedBytes(bytes), end: at + bytes.length };
  const [whole, short, long] = matched(codePointEscape, text, at) ?? [];
  const codePoint = Number.parseInt(short ?? long ?? "", 16);
  const isCharacter = codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  if (whole === undefined || !isCharacter) return { message: "illegal char escape", offset: at };
  return { value: String.fromCodePoint(codePoint), end: at + whole.length };
}

/** `\xHH` and `\NNN` are bytes, and neighbours together may be one character in UTF-8. */
function decodedBytes(escapes: string): string {
  const bytes = escapes.match(/\\x..|\\\d{3}/g)!;
  const values = bytes.map((one) => Number.parseInt(one.replace(/^\\x?/, ""), one[1] === "x" ? 16 : 8));
  return Buffer.from(values).toString("utf8");
}

/** From `${` to the brace that closes it, nested braces included; undefined if the line ends before. */
function interpolation(text: string, start: number): Scanned | undefined {
  const parts = ["${"];
  let depth = 1;
  let at = start + 2;
  while (depth > 0) {
    const character = text[at];
    if (character === undefined || character === "\n") return undefined;
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    const isEscapedQuote = character === "\\" && text[at + 1] === '"';
    const piece = isEscapedQuote ? '"' : (matched(plainInside, text, at)?.[0] ?? character);
    parts.push(piece);
    at += isEscapedQuote ? 2 : piece.length;
  }
  return { value: parts.join(""), end: at };
}

function matched(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
