import { assert } from "../../base/index.ts";
import { type Comment, Lexer } from "../lexer.ts";
import { sourceOf } from "../parse-hcl.ts";
import { parseText } from "../parser.ts";
import type { Source } from "../source.ts";
import type { Token } from "../token.ts";
import { layOut } from "./lay-out.ts";
import { neededBreaks } from "./needed-breaks.ts";

/** A token or a comment, as it was written. */
export interface Word {
  readonly kind: Token["kind"] | "COMMENT";
  readonly text: string;
  /** How many lines end before it. */
  readonly linesBefore: number;
  /** Whether space stands before it. */
  readonly spaceBefore: boolean;
}

/**
 * The text in its canonical layout: two spaces for each level, one item a line, `=` and comments of neighbours one below
 * the other. Words, their order and empty lines stay; to format it again changes nothing. A text in JSON is left as it
 * is. Throws `HCLError` if it cannot be parsed.
 */
export function formatHCL(text: string, file: string): string {
  const source = sourceOf(text, file);
  if (source.syntax === "json") return text;
  const tree = parseText(source);
  const { tokens, comments } = allWords(source);
  const breaks = neededBreaks(tree, tokens, comments, source.text);
  const words = wordsIn(source, tokens, comments, breaks);
  const formatted = layOut(words);
  assert(isSameText(formatted, file, words), "formatting changes no words");
  return formatted;
}

function allWords(source: Source): { readonly tokens: readonly Token[]; readonly comments: readonly Comment[] } {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  const lexer = new Lexer(source, { onComment: (comment) => comments.push(comment) });
  for (let token = lexer.next(); token.kind !== "EOF"; token = lexer.next()) tokens.push(token);
  return { tokens, comments };
}

function wordsIn(
  { text }: Source,
  tokens: readonly Token[],
  comments: readonly Comment[],
  breaks: ReadonlySet<number>,
): Word[] {
  const placed = [
    ...tokens.map(({ kind, position, end }) => ({ kind, start: position.offset, end })),
    ...comments.map(({ start, end }) => ({ kind: "COMMENT" as const, start, end })),
  ].sort((a, b) => a.start - b.start);
  let before = 0;
  return placed.map(({ kind, start, end }) => {
    const gap = text.slice(before, start);
    before = end;
    const lines = gap.split("\n").length - 1;
    return {
      kind,
      text: kind === "COMMENT" ? text.slice(start, end).trimEnd() : text.slice(start, end),
      linesBefore: breaks.has(start) ? Math.max(1, lines) : lines,
      spaceBefore: gap !== "",
    };
  });
}

function isSameText(formatted: string, file: string, words: readonly Word[]): boolean {
  const { tokens, comments } = allWords({ file, text: formatted, syntax: "hcl" });
  return tokens.length + comments.length === words.length;
}
