import { TemplateError } from "./template-error.ts";

/** Where a piece stands: its line from 1, and its column from 0 in bytes. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Token =
  | { readonly kind: "text"; readonly text: string; readonly place: Place }
  | { readonly kind: "action"; readonly pieces: readonly Piece[]; readonly place: Place };

/** One lexical piece inside `{{…}}`. `spaceBefore` tells `.A .B` from `.A.B`. */
export interface Piece {
  readonly kind: "field" | "variable" | "name" | "string" | "number" | "mark";
  readonly text: string;
  readonly place: Place;
  readonly spaceBefore: boolean;
}

const pieceRule =
  /(?<field>\.[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}\p{N}_]*)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?<number>[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?))|(?<mark>:=|[|(),.=])/uy;

/**
 * Cuts a template into text and actions. `{{-` and `-}}` take away the white space beside them, and a
 * comment is nothing at all. Throws `TemplateError`.
 */
export function tokensOf(template: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let trimNext = false;
  while (position < template.length) {
    const open = template.indexOf("{{", position);
    const end = open < 0 ? template.length : open;
    const trimsLeft = open >= 0 && /^-\s/.test(template.slice(open + 2, open + 4));
    let text = template.slice(position, end);
    if (trimNext) text = text.trimStart();
    if (trimsLeft) text = text.trimEnd();
    if (text !== "") tokens.push({ kind: "text", text, place: placeAt(template, position) });
    if (open < 0) break;

    const start = open + 2 + (trimsLeft ? 1 : 0);
    const { pieces, after, trimsRight } = /^\s?\/\*/.test(template.slice(start, start + 3))
      ? comment(template, start)
      : action(template, start);
    if (pieces !== undefined) tokens.push({ kind: "action", pieces, place: placeAt(template, start) });
    trimNext = trimsRight;
    position = after;
  }
  return tokens;
}

interface Cut {
  /** Absent for a comment. */
  readonly pieces?: readonly Piece[];
  readonly after: number;
  readonly trimsRight: boolean;
}

function comment(template: string, start: number): Cut {
  const close = template.indexOf("*/", start);
  if (close < 0) throw failure(template, start, "unclosed comment");
  const [ending] = /^(?:\s-)?\}\}/.exec(template.slice(close + 2)) ?? [];
  if (ending === undefined) throw failure(template, start, "comment ends before closing delimiter");
  return { after: close + 2 + ending.length, trimsRight: ending.includes("-") };
}

function action(template: string, start: number): Cut {
  const pieces: Piece[] = [];
  let position = start;
  let spaceBefore = true;
  for (;;) {
    const rest = template.slice(position, position + 4);
    const [ending] = /^(?:\s-)?\}\}/.exec(rest) ?? [];
    if (ending !== undefined) return { pieces, after: position + ending.length, trimsRight: ending.includes("-") };
    if (position >= template.length) throw failure(template, start, "unclosed action");
    if (/\s/.test(rest[0]!)) {
      position++;
      spaceBefore = true;
      continue;
    }
    pieceRule.lastIndex = position;
    const groups = pieceRule.exec(template)?.groups;
    if (groups === undefined) throw failure(template, position, unreadable(template, position));
    const [kind, text] = Object.entries(groups).find(([, found]) => found !== undefined) as [Piece["kind"], string];
    pieces.push({ kind, text, place: placeAt(template, position), spaceBefore });
    position += text.length;
    spaceBefore = false;
  }
}

function unreadable(template: string, position: number): string {
  const character = String.fromCodePoint(template.codePointAt(position)!);
  if (character === '"') return "unterminated quoted string";
  if (character === "`") return "unterminated raw quoted string";
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `unrecognized character in action: U+${code} '${character}'`;
}

function placeAt(template: string, position: number): Place {
  const before = template.slice(0, position);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: Buffer.byteLength(before.slice(lineStart)) };
}

function failure(template: string, position: number, reason: string): TemplateError {
  return parseFailure(placeAt(template, position), reason);
}

/** What is wrong with the template itself, at a line. */
export function parseFailure(place: Place, reason: string): TemplateError {
  return new TemplateError(`template: format:${place.line}: ${reason}`);
}
