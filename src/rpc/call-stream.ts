import { type Duration, later, type Signal, whenAborted } from "../base/index.ts";
import type { Clock, Connection } from "../runtime/index.ts";
import { decodeMsgpack, longestMsgpack, type MsgpackOptions } from "../wire/index.ts";
import { decodeInSlices, longestReplyHeader, replyHeader } from "./call-format.ts";
import { ProtocolViolation, RemoteError, StreamClosed } from "./errors.ts";
import { MessageReader } from "./message-reader.ts";
import type { YamuxStream } from "./yamux-stream.ts";

interface AskOptions extends MsgpackOptions {
  readonly signal: Signal;
  readonly timeout: Duration;
  readonly late: () => Error;
  /** Reads the body of a reply as the caller knows it; undefined for one that is to be decoded. */
  readonly unpack?: (body: Uint8Array) => unknown;
}

/** A stream of calls as its caller sees it: it asks one thing at a time, and is used again if all went well. */
export class CallStream {
  readonly #clock: Clock;
  readonly #stream: YamuxStream;
  readonly #reader: MessageReader;

  constructor(clock: Clock, stream: YamuxStream) {
    this.#clock = clock;
    this.#stream = stream;
    this.#reader = new MessageReader(clock, stream.incoming);
  }

  /** True while another call may be made. */
  get isOpen(): boolean {
    return this.#stream.isOpen;
  }

  close(): void {
    this.#stream.close();
  }

  /**
   * Sends a request with this number and gives the reply's body. Rejects with `RemoteError` when the peer refuses,
   * with the signal's reason, with what `late` makes after `timeout`, and with what broke the stream or its rules.
   * After a rejection the stream is of no more use, and closed.
   */
  async ask(seq: number, request: Uint8Array, given: AskOptions): Promise<unknown> {
    const { signal, timeout, late } = given;
    signal.throwIfAborted();
    const stop = this.#clock.at(later(this.#clock.now(), timeout), () => this.#stream.reset(late()));
    const unheard = whenAborted(signal, () => this.#stream.reset(signal.reason));
    try {
      const [reply] = await Promise.all([this.#reply(seq, given), sendAll(this.#stream, request)]);
      return reply;
    } catch (error) {
      if (error instanceof RemoteError) this.#stream.close();
      else this.#stream.reset();
      throw error;
    } finally {
      stop();
      unheard();
    }
  }

  async #reply(seq: number, given: AskOptions): Promise<unknown> {
    const header = replyHeader(decodeMsgpack(await this.#message(longestReplyHeader)));
    const body = await this.#message(longestMsgpack);
    if (header.Error !== "") throw new RemoteError(header.Error);
    if (header.Seq !== seq) throw new ProtocolViolation(`a reply to request ${header.Seq} instead of ${seq}`);
    return given.unpack?.(body) ?? decodeInSlices(this.#clock, body, given);
  }

  async #message(longest: number): Promise<Uint8Array> {
    const bytes = await this.#reader.read(longest);
    if (bytes === undefined) throw new StreamClosed("The peer ended the stream");
    return bytes;
  }
}

/** A peer may refuse before it has read all, and end the stream: its answer then says more than our broken write. */
async function sendAll(stream: Connection, bytes: Uint8Array): Promise<void> {
  try {
    await stream.write(bytes);
  } catch (error) {
    if (!(error instanceof StreamClosed)) throw error;
  }
}
