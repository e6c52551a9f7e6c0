/** Bytes that do not say what they should: of another version, cut short, or never ours. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

const WHOLE_BYTES = 6;
const LONGEST_TEXT = 1024;

/** Room for what says something without bytes of others in it. */
const LEAST_ROOM = 128;

/** Writes a binary value, piece by piece. Bytes that are given are copied. */
export class BinaryWriter {
  #bytes: Buffer<ArrayBuffer>;
  #length = 0;

  /** There is room for `room` bytes from the start, and more where it is needed. */
  constructor(room = LEAST_ROOM) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    const start = this.#advance(1);
    this.#bytes[start] = value;
    return this;
  }

  flag(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  /** Lengths and counts, below 2^32. */
  count(value: number): this {
    const start = this.#advance(4);
    this.#bytes.writeUInt32BE(value, start);
    return this;
  }

  /** Indexes, terms and sizes, below 2^48. Throws a RangeError for others. */
  whole(value: number): this {
    const start = this.#advance(WHOLE_BYTES);
    this.#bytes.writeUIntBE(value, start, WHOLE_BYTES);
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  /** With their length before them. */
  bytes(value: Uint8Array): this {
    return this.count(value.length).raw(value);
  }

  raw(part: Uint8Array): this {
    const start = this.#advance(part.length);
    this.#bytes.set(part, start);
    return this;
  }

  /** All that was written; nothing more may be. */
  take(): Buffer<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room for the next `by` bytes, and says where it is. */
  #advance(by: number): number {
    const start = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) this.#grow();
    return start;
  }

  #grow(): void {
    const grown = Buffer.allocUnsafe(2 * this.#length);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Takes a binary value apart, never past its end: whatever is not as it should be throws `MalformedBytes`. */
export class BinaryReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
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
