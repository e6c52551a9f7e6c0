import type { Scanned, Unreadable } from "./token.ts";

const anchorCharacter = /[\p{L}\p{Nd}]/u;

/**
 * Reads the heredoc that starts at `start`: `<<ID`, then lines up to one that is exactly `ID`. The value keeps
 * inner indentation and the last newline. With `<<-ID` the closing line may be indented and the indentation that
 * all lines share is removed; Nomad 0.4.1 refuses that form, later ones read it like this.
 */
export function scanHeredoc(text: string, start: number): Scanned | Unreadable {
  const isIndented = text[start + 2] === "-";
  const anchorStart = start + (isIndented ? 3 : 2);
  const lineEnd = text.indexOf("\n", anchorStart);
  if (lineEnd === -1) return notTerminated(start);
  const anchor = text.slice(anchorStart, lineEnd).replace(/\r$/, "");
  if (anchor === "") return { message: "zero-length heredoc anchor", offset: start };
  const wrong = firstWrong(anchor);
  if (wrong !== undefined) return { message: "invalid characters in heredoc anchor", offset: anchorStart + wrong };
  return body(text, lineEnd + 1, { anchor, isIndented }) ?? notTerminated(start);
}

function body(text: string, start: number, form: { anchor: string; isIndented: boolean }): Scanned | undefined {
  let at = start;
  for (;;) {
    const end = text.indexOf("\n", at);
    if (end === -1) return undefined;
    const line = text.slice(at, end).replace(/\r$/, "");
    if ((form.isIndented ? line.trimStart() : line) === form.anchor) {
      const content = text.slice(start, at);
      // The newline stays, so that what follows begins on a line of its own.
      return { value: form.isIndented ? unindented(content) : content, end };
    }
    at = end + 1;
  }
}

function unindented(content: string): string {
  const lines = content.split("\n");
  let shared = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (line.trim() !== "") shared = Math.min(shared, line.length - line.trimStart().length);
  }
  return lines.map((line) => line.slice(Math.min(shared, line.length - line.trimStart().length))).join("\n");
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
