/**
 * Characters that would let outside text end a record, forge another, steer a terminal or hide: control characters,
 * line separators, marks that turn the direction of writing or have no width, and halves of surrogate pairs.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `text` with such characters written as escapes (`\n`, `\u202e`); those in `kept` stay. */
export function printable(text: string, kept = ""): string {
  return text.replace(unprintable, (character) => (kept.includes(character) ? character : escaped(character)));
}

/** A value of a log field: as it is if that is one plain word, else quoted. */
export function printableValue(value: unknown): string {
  if (value instanceof Error) return printableValue(value.message);
  if (typeof value !== "string") return printable(JSON.stringify(value, exactly) ?? String(value));
  const isPlainWord = value !== "" && !/[\s"=\\]/.test(value) && value.search(unprintable) < 0;
  return isPlainWord ? value : printable(JSON.stringify(value));
}

function escaped(character: string): string {
  const asJson = JSON.stringify(character);
  if (asJson.length > 3) return asJson.slice(1, -1);
  const code = character.codePointAt(0) as number;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

function exactly(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
