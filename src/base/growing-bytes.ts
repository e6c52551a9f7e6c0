/** The first room that is made. */
const leastRoom = 256;

/**
 * Bytes that come one piece after the other and are kept as one. A piece is copied, so that it pins no larger buffer
 * it was cut from and a million pieces of one byte cost a million bytes.
 */
export class GrowingBytes {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What is held in memory, room for more included. */
  get capacity(): number {
    return this.#bytes.length;
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** All of it, and starts anew. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }

  #grow(least: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(leastRoom, this.#bytes.length * 2, least));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
