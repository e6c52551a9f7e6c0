import { type MarkEnds, markAt } from "./marks.ts";
import type { Piece, Scanned, Unreadable } from "./token.ts";

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
/** Runs of characters that mean themselves. */
const plain = /[^"\\\n$%]+/y;

/**
 * Reads the quoted string that starts at `start`. Outside of `${…}` escapes are those of Go; inside, everything is
 * passed on as it is, quotes included, and only `\"` loses its backslash.
 */
export function scanString(text: string, start: number, ends: MarkEnds): Scanned | Unreadable {
  const lineEnd = Math.min(ends.lineEnd(start), text.length);
  const pieces: Piece[] = [];
  let words: string[] = [];
  let wordsStart = start + 1;
  let at = start + 1;
  let directivesEnd = true;
  const flush = (): void => {
    if (words.length > 0) pieces.push({ kind: "text", plain: words.join(""), start: wordsStart, end: at });
    words = [];
  };
  while (at < lineEnd) {
    if (text[at] === '"') {
      flush();
      return { pieces, end: at + 1 };
    }
    const found = markAt(text, at);
    const kind = found === "directive" && !directivesEnd ? undefined : found;
    const end = kind === undefined ? undefined : ends.after(at, lineEnd, kind);
    if (kind === "interpolation" && end === undefined) break;
    // A directive without an end is text; to look for the end of each further one would take long.
    if (kind === "directive" && end === undefined) directivesEnd = false;
    if (kind !== undefined && end !== undefined) {
      flush();
      pieces.push({ kind, plain: text.slice(at, end).replaceAll('\\"', '"'), start: at, end });
      at = end;
      wordsStart = end;
      continue;
    }
    const piece = literalPiece(text, at);
    if ("message" in piece) return piece;
    words.push(piece.value);
    at = piece.end;
  }
  return { message: "literal not terminated", offset: start, hint: 'A string ends with " on the line it began on' };
}

interface Word {
  readonly value: string;
  readonly end: number;
}

function literalPiece(text: string, at: number): Word | Unreadable {
  const run = matched(plain, text, at)?.[0] ?? (text[at] === "$" || text[at] === "%" ? text[at] : undefined);
  return run === undefined ? escaped(text, at) : { value: run, end: at + run.length };
}

function escaped(text: string, at: number): Word | Unreadable {
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

function matched(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
