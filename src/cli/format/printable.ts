/**
 * The text with everything escaped that could move the cursor, change colours or reorder what is read: control
 * characters, zero-width characters and marks of direction. Names and errors come from others, and are shown on
 * a terminal.
 */
export function printable(text: string): string {
  return text.replace(hidden, escaped);
}

/** Like `printable`, with line breaks and tabs kept: errors of several lines stay readable. */
export function printableLines(text: string): string {
  return text.replace(hidden, (character) =>
    character === "\n" || character === "\t" ? character : escaped(character),
  );
}

const hidden = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
