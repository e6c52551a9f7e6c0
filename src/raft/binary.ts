/** Bytes that do not say what they should: of another version, cut short, or never ours. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

const WHOLE_BYTES = 6;
const LONGEST_TEXT = 1024;
/** One more than the largest whole number that is written: far below what a number holds exactly. */
const WHOLE_LIMIT = 2 ** (8 * WHOLE_BYTES);

/** Gathers the parts of a binary value. Bytes that are given are not copied before `take`. */
export class BinaryWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    return this.raw(Uint8Array.of(value));
  }

  flag(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  /** Lengths and counts, below 2^32. */
  count(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    return this.raw(part);
  }

  /** Indexes, terms and sizes, below 2^48. Throws a RangeError for others. */
  whole(value: number): this {
    const part = Buffer.allocUnsafe(WHOLE_BYTES);
    part.writeUIntBE(value, 0, WHOLE_BYTES);
    return this.raw(part);
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  /** With their length before them. */
  bytes(value: Uint8Array): this {
    return this.count(value.length).raw(value);
  }

  raw(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  take(): Buffer<ArrayBuffer> {
    return Buffer.concat(this.#parts, this.#length);
  }
}

/** Takes a binary value apart, never past its end: whatever is not as it should be throws `MalformedBytes`. */
export class BinaryReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  flag(): boolean {
    const value = this.byte();
    if (value > 1) throw new MalformedBytes(`Expected 0 or 1, found ${value}`);
    return value === 1;
  }

  count(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  whole(): number {
    return this.#bytes.readUIntBE(this.#advance(WHOLE_BYTES), WHOLE_BYTES);
  }

  text(): string {
    const length = this.count();
    if (length > LONGEST_TEXT)
      throw new MalformedBytes(`Expected a text of at most ${LONGEST_TEXT} bytes, found ${length}`);
    const start = this.#advance(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** A part of what was given, not a copy. */
  bytes(): Uint8Array {
    const length = this.count();
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#advance(this.#bytes.length - this.#offset));
  }

  /** How many bytes are left: no count of things can be more than that. */
  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  end(): void {
    if (this.left > 0) throw new MalformedBytes(`Expected the end, found ${this.left} more bytes`);
  }

  #advance(by: number): number {
    if (by > this.left) throw new MalformedBytes(`Expected ${by} more bytes, found ${this.left}`);
    const start = this.#offset;
    this.#offset += by;
    return start;
  }
}

/** Whether `value` may be an index, a term or a size in what is written. */
export function isWritableWhole(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < WHOLE_LIMIT;
}
