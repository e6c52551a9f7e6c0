/** Texts up to this length are remembered: names of states, events and fields, that messages are full of. */
export const longestKnownText = 16;
const places = 512;

const texts: string[] = new Array(places).fill("");

/**
 * A short plain text, as the same string as the last time if it was read not long ago: that is quicker than to make it anew, and leaves nothing
 * behind. Undefined if it is not plain.
 */
export function knownText(bytes: Buffer, start: number, length: number): string | undefined {
  let hash = length;
  for (let at = start; at < start + length; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7f) return undefined;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const place = (hash ^ (hash >>> 9)) & (places - 1);
  const known = texts[place] as string;
  if (isAt(bytes, start, known, length)) return known;
  const text = bytes.toString("latin1", start, start + length);
  texts[place] = text;
  return text;
}

function isAt(bytes: Buffer, start: number, text: string, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}
