import { type ByteBudget, type Duration, GrowingBytes, seconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import { endOfMsgpack, MsgpackScanner } from "../wire/index.ts";
import { ProtocolViolation } from "./errors.ts";
import { within } from "./within.ts";

/** How long a peer that has begun a message may keep silent. */
const stallTimeout: Duration = seconds(10);
/** Messages up to this length need no part of the budget. */
const freeLength = 8 * 1024;

/** All of what may be in memory at once is in use: the message is not to blame, and may be sent again. */
export class Overloaded extends Error {
  override readonly name = "Overloaded";
}

export interface MessageReaderOptions {
  /** Shared with others: what long messages take while they are read, and until `release`. */
  readonly budget?: ByteBudget;
}

/** Cuts a stream of bytes into msgpack messages. */
export class MessageReader {
  readonly #clock: Clock;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #budget: ByteBudget | undefined;
  #taken = 0;
  /** What came behind the last message. */
  #rest: Uint8Array | undefined;
  /** A chunk that was asked for before anybody wanted to read it. */
  #ahead: Promise<IteratorResult<Uint8Array>> | undefined;
  /** Whom to tell that the stream has ended or broken. */
  #left: ((how: "ended" | "broke") => void) | undefined;
  /** What broke the stream while nobody read. */
  #failure: { readonly error: unknown } | undefined;

  /** A chunk that has to wait is copied: it would keep all that came with it. */
  readonly #came = (next: IteratorResult<Uint8Array>): IteratorResult<Uint8Array> => {
    if (next.done === true) this.#left?.("ended");
    else if (this.#left !== undefined) return { done: false, value: new Uint8Array(next.value) };
    return next;
  };

  readonly #broke = (error: unknown): IteratorResult<Uint8Array> => {
    this.#failure = { error };
    this.#left?.("broke");
    return { done: true, value: undefined };
  };

  constructor(clock: Clock, incoming: AsyncIterable<Uint8Array>, { budget }: MessageReaderOptions = {}) {
    this.#clock = clock;
    this.#chunks = incoming[Symbol.asyncIterator]();
    this.#budget = budget;
  }

  /** The next whole message, unread, if all of it has come with the one before; see `read` for others. */
  take(longest: number): Uint8Array | undefined {
    const bytes = this.#rest;
    const end = bytes === undefined ? undefined : endOfMsgpack(bytes, longest);
    if (bytes === undefined || end === undefined) return undefined;
    if (end === bytes.length) {
      this.#rest = undefined;
      return bytes;
    }
    this.#rest = bytes.subarray(end);
    return bytes.subarray(0, end);
  }

  /**
   * The next whole message, unread; undefined when the stream ended before it. Throws `InvalidMsgpack` when it can be
   * none or says that it is longer than `longest` bytes, `ProtocolViolation` when it is cut off or does not go on,
   * `Overloaded`, and what the stream throws.
   */
  async read(longest: number): Promise<Uint8Array | undefined> {
    this.#rest ??= await this.#chunk(false);
    if (this.#rest === undefined) return undefined;
    return this.take(longest) ?? this.#readPieces(longest);
  }

  /** Gives back what the messages read so far took of the budget. */
  release(): void {
    this.#budget?.give(this.#taken);
    this.#taken = 0;
  }

  /**
   * Calls `left` when the stream ends or breaks before more has come, and not once the returned function was called.
   * Not to be called while somebody reads.
   */
  watch(left: (how: "ended" | "broke") => void): () => void {
    if (this.#rest !== undefined) {
      this.#rest = new Uint8Array(this.#rest);
      return () => {};
    }
    this.#left = left;
    this.#ahead ??= this.#chunks.next().then(this.#came, this.#broke);
    return () => {
      this.#left = undefined;
    };
  }

  /** A message that has not come whole, or can be none. */
  async #readPieces(longest: number): Promise<Uint8Array> {
    const scanner = new MsgpackScanner(longest);
    const message = new GrowingBytes();
    for (;;) {
      const chunk = this.#rest ?? (await this.#chunk(message.length > 0));
      this.#rest = undefined;
      if (chunk === undefined) throw new ProtocolViolation("a message is cut off");
      const end = scanner.scan(chunk);
      if (end !== undefined && end < chunk.length) this.#rest = chunk.subarray(end);
      message.append(chunk.subarray(0, end));
      this.#charge(message.capacity);
      if (end !== undefined) return message.take();
    }
  }

  async #chunk(inMessage: boolean): Promise<Uint8Array | undefined> {
    const next = this.#ahead ?? this.#chunks.next();
    this.#ahead = undefined;
    const { done, value } = await (inMessage ? within(this.#clock, stallTimeout, next, stalled) : next);
    if (this.#failure !== undefined) throw this.#failure.error;
    return done === true ? undefined : value;
  }

  /** A long message takes what it holds; a message that grows takes only the difference. */
  #charge(capacity: number): void {
    const more = capacity <= freeLength ? 0 : capacity - this.#taken;
    if (this.#budget === undefined || more <= 0) return;
    if (!this.#budget.take(more)) throw new Overloaded("Too many large requests at once");
    this.#taken += more;
  }
}

function stalled(): Error {
  return new ProtocolViolation("a message does not go on");
}
