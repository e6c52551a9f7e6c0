import { type Duration, later, seconds } from "../base/index.ts";
import type { Clock, Connection } from "../runtime/index.ts";
import { NoAnswer, ProtocolViolation, RemoteError, StreamClosed } from "./errors.ts";
import { within } from "./within.ts";

// Long answers and long questions, over a connection of their own: frames, each with its kind and its length.
//
//     kind (1) │ length (4) │ content
//
// Both sides show every few seconds that they are there, so that silence tells of a peer that is lost.

const KINDS = { said: 1, bytes: 2, end: 3, refused: 4, alive: 5 } as const;
const HEAD_BYTES = 5;
const LONGEST_FRAME = 1024 * 1024;
const aliveEvery: Duration = seconds(5);
/** A peer that says nothing for so long, or takes nothing, is lost. */
const patience: Duration = seconds(30);

/** What the peer says: a value as JSON, bytes, or that no more of them come. */
export type StreamFrame =
  | { readonly kind: "said"; readonly value: unknown }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" };

/** One long exchange with a peer. */
export class FramedStream {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #unread = Buffer.alloc(0);
  #stopAlive = () => {};
  #isClosed = false;

  constructor(clock: Clock, connection: Connection) {
    this.#clock = clock;
    this.#connection = connection;
    this.#chunks = connection.incoming[Symbol.asyncIterator]();
    this.#showAlive();
  }

  say(value: unknown): Promise<void> {
    return this.#send(KINDS.said, Buffer.from(JSON.stringify(value)));
  }

  /** Resolves when there is room for more. Rejects when the peer takes nothing for long, or is gone. */
  async bytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += LONGEST_FRAME) {
      await this.#send(KINDS.bytes, bytes.subarray(at, at + LONGEST_FRAME));
    }
  }

  end(): Promise<void> {
    return this.#send(KINDS.end, Buffer.alloc(0));
  }

  /** The peer's next or present wait rejects with a `RemoteError` of this text. */
  refuse(text: string): Promise<void> {
    return this.#send(KINDS.refused, Buffer.from(text.slice(0, LONGEST_FRAME / 4)));
  }

  /** Rejects with `RemoteError`, with `NoAnswer` when the peer is lost, with `ProtocolViolation` when it says nonsense. */
  async next(): Promise<StreamFrame> {
    for (;;) {
      const head = await this.#take(HEAD_BYTES);
      const [kind, length] = [head[0], head.readUInt32BE(1)];
      if (length > LONGEST_FRAME) throw new ProtocolViolation(`A frame of ${length} bytes`);
      const content = await this.#take(length);
      switch (kind) {
        case KINDS.said:
          return { kind: "said", value: parsed(content) };
        case KINDS.bytes:
          return { kind: "bytes", bytes: content };
        case KINDS.end:
          return { kind: "end" };
        case KINDS.refused:
          throw new RemoteError(content.toString());
        case KINDS.alive:
          break;
        default:
          throw new ProtocolViolation(`A frame of kind ${kind}`);
      }
    }
  }

  /** The bytes that come, until their end. */
  async *incoming(): AsyncGenerator<Uint8Array, void> {
    for (let frame = await this.next(); frame.kind !== "end"; frame = await this.next()) {
      if (frame.kind !== "bytes") throw new ProtocolViolation("Expected bytes, found something said");
      yield frame.bytes;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#stopAlive();
    this.#connection.close();
  }

  async #send(kind: number, content: Uint8Array): Promise<void> {
    const head = Buffer.alloc(HEAD_BYTES);
    head[0] = kind;
    head.writeUInt32BE(content.length, 1);
    const written = this.#connection.write(Buffer.concat([head, content]));
    await within(this.#clock, patience, written, () => this.#lost("it takes nothing more"));
  }

  async #take(count: number): Promise<Buffer> {
    while (this.#unread.length < count) {
      const more = this.#chunks.next();
      const { done, value } = await within(this.#clock, patience, more, () => this.#lost("it says nothing more"));
      if (done === true) throw new StreamClosed("The peer is gone");
      this.#unread = Buffer.concat([this.#unread, value]);
    }
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  #lost(reason: string): Error {
    this.close();
    return new NoAnswer(this.#connection.remoteAddress, reason, { mayHaveRun: true });
  }

  #showAlive(): void {
    if (this.#isClosed) return;
    // A peer that is gone shows in what is asked of it, not here.
    this.#send(KINDS.alive, Buffer.alloc(0)).catch(() => undefined);
    this.#stopAlive = this.#clock.at(later(this.#clock.now(), aliveEvery), () => this.#showAlive());
  }
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    throw new ProtocolViolation("Expected JSON");
  }
}
