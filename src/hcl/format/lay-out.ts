import type { Word } from "./format.ts";
import { spaceBetween } from "./spacing.ts";

/** A line in cells: what comes before `=`, the rest, and the comment at its end. */
interface Line {
  readonly words: readonly Word[];
  readonly blankLinesBefore: number;
  readonly indentation: number;
  readonly lead: string;
  readonly value: string | undefined;
  readonly comment: string | undefined;
}

/** Puts words into lines, indents them by the brackets around, and lines up `=` and comments of neighbours. */
export function layOut(words: readonly Word[]): string {
  const lines = linesOf(words);
  const valueColumns = columns(
    lines,
    ({ value }) => value !== undefined,
    ({ lead }) => lead,
  );
  const bodies = lines.map((line, index) => {
    return line.value === undefined
      ? line.lead
      : `${line.lead.padEnd(padding(line.lead, valueColumns[index]))} ${line.value}`;
  });
  const hasComment = ({ comment }: Line) => comment !== undefined;
  const commentColumns = columns(lines, hasComment, (_, index) => bodies[index]!);
  const texts = lines.map(({ comment, indentation, blankLinesBefore }, index) => {
    const body = bodies[index]!;
    const rest = comment === undefined ? body : `${body.padEnd(padding(body, commentColumns[index]))} ${comment}`;
    return `${"\n".repeat(blankLinesBefore)}${" ".repeat(2 * indentation)}${rest}\n`;
  });
  return texts.join("");
}

function linesOf(words: readonly Word[]): Line[] {
  const rows: Word[][] = [];
  for (const [index, word] of words.entries()) {
    if (index === 0 || word.linesBefore > 0 || mustEndLine(words[index - 1]!)) rows.push([]);
    rows.at(-1)!.push(word);
  }
  const open: number[] = [];
  return rows.map((row, index) => {
    const firstOther = row.findIndex((word) => change(word) >= 0);
    const closers = firstOther === -1 ? row.length : firstOther;
    const isPartly = close(open, closers);
    const indentation = isPartly ? open.length - 1 : open.length;
    const net = row.slice(closers).reduce((sum, word) => sum + change(word), 0);
    // What `}, {` opens belongs to the brackets that are still open.
    if (net > 0) open.push(net + (isPartly ? open.pop()! : 0));
    if (net < 0) close(open, -net);
    const blankLinesBefore = index === 0 ? 0 : Math.max(0, row[0]!.linesBefore - 1);
    return { words: row, blankLinesBefore, indentation, ...cellsOf(row) };
  });
}

/**
 * Brackets that were opened on one line indent the next ones by one level together. Returns whether the last ones were
 * closed in part.
 */
function close(open: number[], count: number): boolean {
  for (let left = count; left > 0 && open.length > 0; ) {
    const last = open.pop()!;
    if (last > left) {
      open.push(last - left);
      return true;
    }
    left -= last;
  }
  return false;
}

function change({ kind }: Word): number {
  if (kind === "LBRACE" || kind === "LBRACK" || kind === "LPAREN") return 1;
  return kind === "RBRACE" || kind === "RBRACK" || kind === "RPAREN" ? -1 : 0;
}

/** The value is a cell of its own if it ends on the line. */
function cellsOf(row: readonly Word[]) {
  const last = row.at(-1)!;
  const comment = row.length > 1 && last.kind === "COMMENT" ? last.text : undefined;
  const words = comment === undefined ? row : row.slice(0, -1);
  const equals = words.findIndex(({ kind }) => kind === "ASSIGN");
  const value = words.slice(equals);
  const isCell = equals > 0 && value.reduce((sum, word) => sum + change(word), 0) === 0;
  if (!isCell) return { lead: joined(words), value: undefined, comment };
  return { lead: joined(words.slice(0, equals)), value: joined(value), comment };
}

function joined(words: readonly Word[]): string {
  const questions: number[] = [];
  let depth = 0;
  return words
    .map((word, index) => {
      depth += change(word);
      if (word.kind === "QUESTION") questions.push(depth);
      const isChoice = word.kind === "COLON" && questions.at(-1) === depth;
      if (isChoice) questions.pop();
      if (index === 0) return word.text;
      const space = isChoice ? " " : spaceBetween(words[index - 2], words[index - 1]!, word);
      return space + word.text;
    })
    .join("");
}

/** For each line the width of the widest text among its neighbours; lines next to one another have one column. */
function columns(
  lines: readonly Line[],
  belongs: (line: Line) => boolean,
  text: (line: Line, index: number) => string,
): readonly number[] {
  const result: number[] = lines.map(() => 0);
  let start = 0;
  while (start < lines.length) {
    let end = start;
    while (end < lines.length && belongs(lines[end]!) && (end === start || isNeighbour(lines, end))) end += 1;
    const widest = lines.slice(start, end).reduce((most, line, at) => Math.max(most, width(text(line, start + at))), 0);
    result.fill(widest, start, end);
    start = Math.max(end, start + 1);
  }
  return result;
}

function isNeighbour(lines: readonly Line[], index: number): boolean {
  const [before, line] = [lines[index - 1]!, lines[index]!];
  return line.blankLinesBefore === 0 && line.indentation === before.indentation && !isTall(before);
}

/** A heredoc ends some lines further down. */
function isTall({ words }: Line): boolean {
  return words.some(({ text }) => text.includes("\n"));
}

function mustEndLine({ kind, text }: Word): boolean {
  return kind === "HEREDOC" || (kind === "COMMENT" && !text.startsWith("/*"));
}

function width(text: string): number {
  return [...text].length;
}

/** What `padEnd` must be told for so many characters. */
function padding(text: string, column = 0): number {
  return column + text.length - width(text);
}
