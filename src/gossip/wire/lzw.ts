import { Unreadable } from "./unreadable.ts";

/*
 * LZW as memberlist uses it: the variant of GIF, with 8-bit literals and the least significant bit first. A code stands
 * for a string of bytes; every code that is read adds a longer string to the table, so that both sides build the same
 * one and it need not be sent. Codes begin with 9 bits and grow with the table to 12; then the writer begins anew.
 */

const CLEAR = 256;
const END = 257;
const FIRST_WIDTH = 9;
const MAX_WIDTH = 12;
const LAST_CODE = (1 << MAX_WIDTH) - 1;

/** Compresses; the result begins with a clear code and is padded to whole bytes. */
export function lzwCompress(input: Uint8Array): Uint8Array {
  const bits = new BitWriter();
  let table = new Map<number, number>();
  let [width, last] = [FIRST_WIDTH, END];
  const grow = () => {
    last += 1;
    if (last === 1 << width) width += 1;
    if (last < LAST_CODE) return true;
    bits.write(CLEAR, width);
    table = new Map();
    [width, last] = [FIRST_WIDTH, END];
    return false;
  };
  bits.write(CLEAR, width);
  let code = -1;
  for (const byte of input) {
    const key = (code << 8) | byte;
    const known = code < 0 ? byte : table.get(key);
    if (known !== undefined) {
      code = known;
      continue;
    }
    bits.write(code, width);
    if (grow()) table.set(key, last);
    code = byte;
  }
  if (code >= 0) {
    bits.write(code, width);
    grow();
  }
  bits.write(END, width);
  return bits.bytes();
}

/**
 * Undoes `lzwCompress`, and what Go's compress/lzw writes. Throws `Unreadable` when the input is not whole, or when it
 * would give more than `maxBytes`: a few bytes can stand for thousands.
 */
export function lzwDecompress(input: Uint8Array, maxBytes: number): Uint8Array {
  const bits = new BitReader(input);
  const [prefix, suffix, length] = [new Uint16Array(4096), new Uint8Array(4096), new Uint16Array(4096)];
  for (let literal = 0; literal < CLEAR; literal++) {
    suffix[literal] = literal;
    length[literal] = 1;
  }
  const output = new Output(maxBytes);
  let [width, next, previous] = [FIRST_WIDTH, END + 1, -1];
  for (;;) {
    const code = bits.read(width);
    if (code === END) return output.bytes();
    if (code === CLEAR) {
      [width, next, previous] = [FIRST_WIDTH, END + 1, -1];
      continue;
    }
    // The code about to be defined may be used at once: it is the previous string and its own first byte.
    if (code > next || (code === next && previous < 0)) throw new Unreadable("compressed data has an undefined code");
    if (previous >= 0 && next <= LAST_CODE) {
      prefix[next] = previous;
      length[next] = (length[previous] as number) + 1;
      suffix[next] = firstByte(prefix, code === next ? previous : code);
    }
    output.append(code, prefix, suffix, length[code] as number);
    if (previous >= 0 && next <= LAST_CODE) next += 1;
    previous = code;
    // The writer, one entry ahead, has added `next` already and may use it in the next code.
    if (next === 1 << width && width < MAX_WIDTH) width += 1;
  }
}

function firstByte(prefix: Uint16Array, code: number): number {
  let at = code;
  while (at > END) at = prefix[at] as number;
  return at;
}

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  write(code: number, width: number): void {
    this.#held |= code << this.#count;
    this.#count += width;
    for (; this.#count >= 8; this.#count -= 8, this.#held >>>= 8) this.#bytes.push(this.#held & 0xff);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#count > 0 ? [...this.#bytes, this.#held & 0xff] : this.#bytes);
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(width: number): number {
    while (this.#count < width) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Unreadable("compressed data is cut off");
      this.#held |= byte << this.#count;
      this.#count += 8;
    }
    const code = this.#held & ((1 << width) - 1);
    this.#held >>>= width;
    this.#count -= width;
    return code;
  }
}

/** Bytes that grow up to a limit. */
class Output {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(1024);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Writes the string of `code`, from its last byte to its first. */
  append(code: number, prefix: Uint16Array, suffix: Uint8Array, length: number): void {
    const end = this.#length + length;
    if (end > this.#maxBytes) throw new Unreadable(`compressed data gives more than ${this.#maxBytes} bytes`);
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    let from = code;
    for (let at = end - 1; at >= this.#length; at--) {
      this.#bytes[at] = suffix[from] as number;
      from = prefix[from] as number;
    }
    this.#length = end;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
