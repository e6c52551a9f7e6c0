import { MalformedBytes } from "./binary.ts";

/** The largest message: a batch of entries, or one large one, with room to spare. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;
/** A message up to here carries no entry and nothing else that is kept: heartbeats, and the answers to them. */
const MOST_UNKEPT_BYTES = 32;

/** A message with its length before it. */
export function framed(message: Uint8Array): readonly Uint8Array[] {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(message.length);
  return [length, message];
}

/**
 * Cuts a stream of bytes into the messages that `framed` made. A length above the limit is refused before anything is
 * kept for it; a message grows as its bytes come, so that a length alone costs nothing.
 */
export class FrameCutter {
  readonly #limit: number;
  #pieces: Uint8Array[] = [];
  #held = 0;
  #wanted: number | undefined;

  constructor(limit = MAX_FRAME_BYTES) {
    this.#limit = limit;
  }

  /** The messages that `piece` completes. Throws `MalformedBytes`. */
  *push(piece: Uint8Array): Iterable<Uint8Array> {
    this.#pieces.push(piece);
    this.#held += piece.length;
    for (let message = this.#next(); message !== undefined; message = this.#next()) yield message;
  }

  #next(): Uint8Array | undefined {
    if (this.#wanted === undefined) {
      if (this.#held < LENGTH_BYTES) return undefined;
      this.#wanted = lengthIn(this.#take(LENGTH_BYTES));
      if (this.#wanted > this.#limit) {
        throw new MalformedBytes(`Expected a message of at most ${this.#limit} bytes, found ${this.#wanted}`);
      }
    }
    if (this.#held < this.#wanted) return undefined;
    const message = this.#take(this.#wanted);
    this.#wanted = undefined;
    return message;
  }

  #take(length: number): Uint8Array {
    const first = this.#pieces[0];
    if (length > MOST_UNKEPT_BYTES || first === undefined || first.length < length) return this.#copied(length);
    this.#held -= length;
    this.#drop(length);
    return first.subarray(0, length);
  }

  /** A copy, so that what is kept of a message does not hold the chunk that it came in. */
  #copied(length: number): Uint8Array {
    const taken = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      const first = this.#pieces[0]!;
      const part = first.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#drop(part.length);
    }
    this.#held -= length;
    return taken;
  }

  /** So many bytes of the first piece are done with. */
  #drop(length: number): void {
    const first = this.#pieces[0]!;
    if (length === first.length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(length);
  }
}

/** Big-endian. */
function lengthIn(bytes: Uint8Array): number {
  return bytes.reduce((length, byte) => length * 256 + byte, 0);
}
