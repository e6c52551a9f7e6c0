/** A string in double quotes as Go's `%q` writes it: what cannot be seen is escaped. */
export function goQuote(text: string): string {
  let out = '"';
  for (const character of text) out += quotedCharacter(character);
  return `${out}"`;
}

const named = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

function quotedCharacter(character: string): string {
  const name = named.get(character);
  if (name !== undefined) return name;
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
