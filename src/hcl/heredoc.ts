import type { AnchorLines } from "./anchor-lines.ts";
import { type MarkEnds, markAt } from "./marks.ts";
import type { Piece, Scanned, Unreadable } from "./token.ts";

const anchorCharacter = /[\p{L}\p{Nd}_-]/u;

/**
 * Reads the heredoc that starts at `start`: `<<ID`, then lines up to one that is exactly `ID`, or if there is none, to
 * one that is `ID` indented. The value keeps inner indentation and the last newline. With `<<-ID` the first line that
 * is `ID`, indented or not, ends it, and the indentation that all lines share is removed; Nomad 0.4.1 refuses that form.
 */
export function scanHeredoc(
  text: string,
  start: number,
  ends: MarkEnds,
  anchors: () => AnchorLines,
): Scanned | Unreadable {
  const isIndented = text[start + 2] === "-";
  const anchorStart = start + (isIndented ? 3 : 2);
  const lineEnd = text.indexOf("\n", anchorStart);
  if (lineEnd === -1) return notTerminated(start);
  const anchor = text.slice(anchorStart, lineEnd).replace(/\r$/, "");
  if (anchor === "") return { message: "zero-length heredoc anchor", offset: start };
  const wrong = firstWrong(anchor);
  if (wrong !== undefined) return { message: "invalid characters in heredoc anchor", offset: anchorStart + wrong };
  // The newline behind the closing line stays, so that what follows begins on a line of its own.
  const found = anchors().closing(anchor, lineEnd + 1, { mayBeIndented: isIndented });
  if (found === undefined || found.end > text.length) return notTerminated(start);
  const shared = isIndented ? sharedIndentation(text.slice(lineEnd + 1, found.start)) : 0;
  return { pieces: piecesOf({ text, start: lineEnd + 1, end: found.start, shared, ends }), end: found.end };
}

interface Content {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How much indentation is removed. */
  readonly shared: number;
  readonly ends: MarkEnds;
}

/** Indentation is taken from text alone: a mark that goes over several lines means the same without. */
function piecesOf({ text, start, end, shared, ends }: Content): Piece[] {
  const pieces: Piece[] = [];
  let textStart = start;
  const flush = (until: number): void => {
    if (until === textStart) return;
    const atLineStart = textStart === start;
    pieces.push({
      kind: "text",
      plain: unindented(text.slice(textStart, until), shared, { atLineStart }),
      start: textStart,
      end: until,
    });
  };
  let at = start;
  while (at < end) {
    const kind = markAt(text, at);
    const after = kind === undefined ? undefined : ends.after(at, end, kind);
    // To look for the end of each further mark would take long.
    if (kind !== undefined && after === undefined) break;
    if (kind === undefined || after === undefined) {
      at = nextMark(text, at + 1, end);
      continue;
    }
    flush(at);
    pieces.push({ kind, plain: text.slice(at, after), start: at, end: after });
    at = after;
    textStart = after;
  }
  flush(end);
  return pieces;
}

function nextMark(text: string, from: number, end: number): number {
  const mark = /[$%]\{/g;
  mark.lastIndex = from;
  return Math.min(mark.exec(text)?.index ?? end, end);
}

function sharedIndentation(content: string): number {
  let shared = Number.POSITIVE_INFINITY;
  for (const line of content.split("\n")) {
    if (line.trim() !== "") shared = Math.min(shared, line.length - line.trimStart().length);
  }
  return shared;
}

function unindented(content: string, shared: number, { atLineStart }: { readonly atLineStart: boolean }): string {
  if (shared === 0) return content;
  const lines = content.split("\n");
  return lines
    .map((line, index) => {
      if (index === 0 && !atLineStart) return line;
      return line.slice(Math.min(shared, line.length - line.trimStart().length));
    })
    .join("\n");
}

function firstWrong(anchor: string): number | undefined {
  let offset = 0;
  for (const character of anchor) {
    if (!anchorCharacter.test(character)) return offset;
    offset += character.length;
  }
  return undefined;
}

function notTerminated(offset: number): Unreadable {
  return { message: "heredoc not terminated", offset, hint: "It ends at a line that holds nothing but its anchor" };
}
