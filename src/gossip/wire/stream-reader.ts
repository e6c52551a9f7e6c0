import { InvalidMsgpack, MsgpackScanner } from "../../wire/index.ts";
import { Unreadable } from "./unreadable.ts";

/**
 * Reads a stream piece by piece: so many bytes, or one msgpack value, whose end nobody announces. Only what has
 * arrived is held, and of that no more than `maxBytes` in all.
 */
export class StreamReader {
  readonly #source: AsyncIterator<Uint8Array> | undefined;
  readonly #maxBytes: number;
  #held: Uint8Array;
  #received: number;

  /** Over what a peer sends. */
  static of(source: AsyncIterable<Uint8Array>, maxBytes: number): StreamReader {
    return new StreamReader(source[Symbol.asyncIterator](), new Uint8Array(), maxBytes);
  }

  /** Over bytes that are all here. */
  static over(bytes: Uint8Array): StreamReader {
    return new StreamReader(undefined, bytes, bytes.length);
  }

  private constructor(source: AsyncIterator<Uint8Array> | undefined, held: Uint8Array, maxBytes: number) {
    this.#source = source;
    this.#held = held;
    this.#received = held.length;
    this.#maxBytes = maxBytes;
  }

  /** The next `count` bytes. Rejects with `Unreadable` if the stream ends before, or is too long. */
  async take(count: number): Promise<Uint8Array> {
    if (count > this.#held.length && count - this.#held.length > this.#maxBytes - this.#received) {
      throw new Unreadable(`more than ${this.#maxBytes} bytes`);
    }
    const chunks = [this.#held];
    let length = this.#held.length;
    while (length < count) {
      const chunk = await this.#chunk();
      chunks.push(chunk);
      length += chunk.length;
    }
    const bytes = chunks.length === 1 ? this.#held : Buffer.concat(chunks);
    this.#held = bytes.subarray(count);
    return bytes.subarray(0, count);
  }

  /** The next msgpack value, of at most `maxBytes`. Rejects with `Unreadable`. */
  async value(maxBytes: number): Promise<Uint8Array> {
    const scanner = new MsgpackScanner(maxBytes);
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = this.#held.length > 0 ? this.#held : await this.#chunk();
      const end = scanned(scanner, chunk);
      this.#held = chunk.subarray(end ?? chunk.length);
      chunks.push(chunk.subarray(0, end));
      if (end !== undefined) return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    }
  }

  /** What the peer sends next, never empty. */
  async #chunk(): Promise<Uint8Array> {
    for (;;) {
      const next = await this.#source?.next();
      if (next === undefined || next.done === true) throw new Unreadable("stream is cut off");
      this.#received += next.value.length;
      if (this.#received > this.#maxBytes) throw new Unreadable(`more than ${this.#maxBytes} bytes`);
      if (next.value.length > 0) return next.value;
    }
  }
}

function scanned(scanner: MsgpackScanner, chunk: Uint8Array): number | undefined {
  try {
    return scanner.scan(chunk);
  } catch (cause) {
    if (cause instanceof InvalidMsgpack) throw new Unreadable(cause.message, { cause });
    throw cause;
  }
}
