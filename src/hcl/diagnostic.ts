import type { Position, Source } from "./source.ts";

/** One thing that is wrong in a text, where, and if we know, what to do about it. */
export interface Diagnostic extends Position {
  readonly file: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Of a key that is not known: the known one that was meant, or null where none is like it. */
  readonly meant?: string | null | undefined;
  /** The line it happened on, shortened around the place if it is long; control characters are shown as `·`. */
  readonly excerpt: string;
  /** Where in `excerpt` the caret belongs, from 0. */
  readonly caret: number;
}

/** What to say; the rest of a diagnostic follows from its place. */
export interface Finding {
  readonly message: string;
  readonly position: Position;
  readonly hint?: string | undefined;
  readonly meant?: string | null | undefined;
}

/** How much of a line is shown on each side of the place. */
const excerptReach = 60;

/** Places a finding in its text. */
export function diagnose(source: Source, { message, position, hint, meant }: Finding): Diagnostic {
  const before = [...lastLine(source.text.slice(Math.max(0, position.offset - 2 * excerptReach), position.offset))];
  const after = [...firstLine(source.text.slice(position.offset, position.offset + 2 * excerptReach))];
  const shown = [...before.slice(-excerptReach), ...after.slice(0, excerptReach)];
  const caret = Math.min(before.length, excerptReach);
  return {
    file: source.file,
    ...position,
    message,
    hint,
    ...(meant === undefined ? {} : { meant }),
    excerpt: visible(shown.join("").replace(/\r$/, "").replace(/\t/g, " ")),
    caret,
  };
}

/**
 * Shows a diagnostic to a person:
 *
 *     shop.nomad:2:3: invalid key: datacentres
 *       2 |   datacentres = ["dc1"]
 *         |   ^
 *       Did you mean "datacenters"?
 */
export function renderDiagnostic({ file, line, column, message, hint, excerpt, caret }: Diagnostic): string {
  const margin = `  ${line} |`;
  const lines = [
    `${visible(file)}:${line}:${column}: ${visible(message)}`,
    `${margin} ${excerpt}`.trimEnd(),
    `${" ".repeat(margin.length - 1)}| ${" ".repeat(caret)}^`,
  ];
  if (hint !== undefined) lines.push(`  ${visible(hint)}`);
  return lines.join("\n");
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf("\n") + 1);
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end === -1 ? text : text.slice(0, end);
}

/** What a terminal would obey becomes a dot, so that a file cannot draw on the screen of who reads the message. */
function visible(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, "\u00b7");
}
