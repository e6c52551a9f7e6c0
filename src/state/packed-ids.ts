// Identifiers are drawn by the million and stand in every row: a UUID in lower case is written as its sixteen bytes.

export const PACKED_ID_BYTES = 16;
/** In characters. */
export const ID_LENGTH = 36;

/** Where the two digits of each byte begin. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const hyphen = 0x2d;

const digits = Buffer.from("0123456789abcdef", "latin1");
const noDigit = 0xff;
const valueOfDigit = new Uint8Array(0x80).fill(noDigit);
for (const [value, digit] of digits.entries()) valueOfDigit[digit] = value;

/** Writes a text of `ID_LENGTH` if it is such an identifier; if not, it returns false, and what it has written means nothing. */
export function writeID(text: string, bytes: Uint8Array, at: number): boolean {
  if (text.charCodeAt(8) !== hyphen || text.charCodeAt(13) !== hyphen) return false;
  if (text.charCodeAt(18) !== hyphen || text.charCodeAt(23) !== hyphen) return false;
  let place = 0;
  let [allUnits, allValues] = [0, 0];
  for (let i = 0; i < PACKED_ID_BYTES; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) place++;
    const high = text.charCodeAt(place++);
    const low = text.charCodeAt(place++);
    const [highValue, lowValue] = [valueOfDigit[high & 0x7f]!, valueOfDigit[low & 0x7f]!];
    allUnits |= high | low;
    allValues |= highValue | lowValue;
    bytes[at + i] = (highValue << 4) | lowValue;
  }
  return allUnits < 0x80 && allValues < 0x10;
}

const SLOTS = 1024;

/** The identifiers that were read lately, so that one which comes again is the same string. */
export class HeldIDs {
  readonly #texts: string[] = new Array<string>(SLOTS).fill("");
  readonly #bytes = new Uint8Array(SLOTS * PACKED_ID_BYTES);
  readonly #text = Buffer.from("00000000-0000-0000-0000-000000000000", "latin1");

  /** The identifier whose bytes begin at `start`. */
  read(bytes: Uint8Array, start: number): string {
    const slot = ((bytes[start + 14]! << 8) | bytes[start + 15]!) & (SLOTS - 1);
    if (this.#isAt(slot, bytes, start)) return this.#texts[slot]!;
    for (let i = 0; i < PACKED_ID_BYTES; i++) {
      const byte = bytes[start + i]!;
      this.#bytes[slot * PACKED_ID_BYTES + i] = byte;
      this.#text[places[i]!] = digits[byte >> 4]!;
      this.#text[places[i]! + 1] = digits[byte & 15]!;
    }
    const text = this.#text.toString("latin1");
    this.#texts[slot] = text;
    return text;
  }

  #isAt(slot: number, bytes: Uint8Array, start: number): boolean {
    if (this.#texts[slot] === "") return false;
    const held = slot * PACKED_ID_BYTES;
    for (let i = PACKED_ID_BYTES - 1; i >= 0; i--) if (this.#bytes[held + i] !== bytes[start + i]) return false;
    return true;
  }
}
