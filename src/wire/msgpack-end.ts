import { heads } from "./msgpack-format.ts";

/** What follows the first byte of a value: bytes of itself, and values in it. */
const ownBytes = new Uint8Array(256);
const innerValues = new Uint8Array(256);
/** Where that does not follow from the byte, how many bytes tell a count; `refused` for a byte that begins no value. */
const countBytes = new Uint8Array(256);
const refused = 0xff;

for (const [byte, head] of heads.entries()) {
  if (head === undefined) countBytes[byte] = refused;
  else if (head.kind === "scalar") ownBytes[byte] = head.bytes;
  else if (head.count === undefined) countBytes[byte] = head.countBytes;
  else if (head.kind === "raw") ownBytes[byte] = head.count;
  else innerValues[byte] = head.kind === "map" ? 2 * head.count : head.count;
}

/**
 * Where the message ends that `bytes` begin with, if all of it is there: most messages come whole, and are several times quicker
 * gone through so than by a `MsgpackScanner`. Undefined for others, and for what cannot be read or is longer than `longest`; the
 * scanner says why. How deep values are nested is left to those who read them.
 */
export function endOfMsgpack(bytes: Uint8Array, longest: number): number | undefined {
  const { length } = bytes;
  let at = 0;
  for (let values = 1; values > 0; values--) {
    if (at >= length) return undefined;
    const byte = bytes[at++] as number;
    const count = countBytes[byte] as number;
    if (count === 0) {
      at += ownBytes[byte] as number;
      values += innerValues[byte] as number;
      continue;
    }
    if (count === refused || at + count > length) return undefined;
    let following = 0;
    for (let left = count; left > 0; left--) following = following * 256 + (bytes[at++] as number);
    const { kind } = heads[byte] as { readonly kind: string };
    if (kind === "raw") at += following;
    else values += kind === "map" ? 2 * following : following;
  }
  return at <= length && at <= longest ? at : undefined;
}
