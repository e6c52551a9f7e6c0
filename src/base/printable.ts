/**
 * Characters that would let outside text end a record, forge another, steer a terminal, hide, or turn the direction
 * of reading: control characters, line separators, marks without a width, and halves of surrogate pairs.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `text` with such characters written as Go writes them (`\x1b`, `\u202e`, `\U000e0041`); those in `kept` stay. */
export function printable(text: string, kept = ""): string {
  return text.replace(unprintable, (character) => (kept.includes(character) ? character : escaped(character)));
}

/** Whether `printable` would leave the text as it is. */
export function isPrintable(text: string): boolean {
  return text.search(unprintable) < 0;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  const digits = (length: number) => code.toString(16).padStart(length, "0");
  if (code < 0x100) return `\\x${digits(2)}`;
  return code > 0xffff ? `\\U${digits(8)}` : `\\u${digits(4)}`;
}
