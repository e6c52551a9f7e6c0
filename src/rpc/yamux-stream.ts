import { assert, type Duration, later, PlainSignal, seconds, WakeUp } from "../base/index.ts";
import type { Clock, Connection } from "../runtime/index.ts";
import { ProtocolViolation, StreamClosed } from "./errors.ts";
import { ReceiveBuffer } from "./receive-buffer.ts";
import { within } from "./within.ts";

/** Bytes that may be under way in one direction of a stream: yamux's initial window, and its largest here. */
export const windowLength = 256 * 1024;
/** A reader gives room back when it has read this much. */
const updateAt = windowLength / 2;
/** Bytes in one frame at most, so that streams take turns. */
const largestPiece = 16 * 1024;
/** How long a peer may give no room before its stream counts as dead. */
const windowTimeout: Duration = seconds(30);
/** How long a peer may keep its side open after we have closed ours. */
const lingerTime: Duration = seconds(30);

const done = Promise.resolve();

/** What a stream asks of its session. */
export interface StreamHost {
  readonly clock: Clock;
  readonly remoteAddress: string;
  /** What is to be waited for before the stream sends anything more, if it is to wait. */
  sendData(stream: number, bytes: Uint8Array): Promise<void> | undefined;
  sendFin(stream: number): Promise<void> | undefined;
  sendReset(stream: number): void;
  sendWindow(stream: number, more: number): void;
  /** Bytes that were read, or thrown away. */
  consumed(bytes: number): void;
  forget(stream: number): void;
}

/**
 * One of many two-way streams over a connection. As a `Connection` it serves whatever speaks over one; besides, its
 * two directions can be ended each on its own, and it can be reset. Neither side holds more than a window of it.
 */
export class YamuxStream implements Connection {
  readonly id: number;
  readonly remoteAddress: string;
  readonly #host: StreamHost;
  readonly #received = new ReceiveBuffer();
  /** Who waits for what comes next. */
  #reader: PromiseWithResolvers<IteratorResult<Uint8Array>> | undefined;
  /** Something has changed for who writes. */
  readonly #changed = new WakeUp();
  readonly #over = new PlainSignal();
  #sendWindow = windowLength;
  #receiveWindow = windowLength;
  #unacknowledged = 0;
  #localEnded = false;
  #remoteEnded = false;
  /** Nobody will read any more: what comes is thrown away. */
  #abandoned = false;
  #stopLingering: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(id: number, host: StreamHost) {
    this.id = id;
    this.remoteAddress = host.remoteAddress;
    this.#host = host;
  }

  /** True while both sides may send. */
  get isOpen(): boolean {
    return this.#failure === undefined && !this.#localEnded && !this.#remoteEnded;
  }

  /** What has come and is not read, in bytes. */
  get unread(): number {
    return this.#received.length;
  }

  /** Chunks as they come; they are parts of larger ones, so what is kept for long is to be copied. */
  get incoming(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
  }

  /** The next bytes; undefined when the peer has ended its side. Rejects when the stream broke. */
  async read(): Promise<Uint8Array | undefined> {
    return (await this.#next()).value;
  }

  /**
   * Resolves when there is room for more to send. Rejects when the stream breaks, or the peer takes nothing for long. The bytes must
   * not change any more.
   */
  write(bytes: Uint8Array): Promise<void> {
    const fits = bytes.length <= largestPiece && bytes.length <= this.#sendWindow;
    if (!fits || !this.#mayWrite()) return this.#writeInPieces(bytes);
    this.#sendWindow -= bytes.length;
    return this.#host.sendData(this.id, bytes) ?? done;
  }

  /** Ends our direction; what comes can still be read. */
  end(): void {
    if (!this.#mayWrite()) return;
    this.#localEnded = true;
    this.#changed.notify();
    // That it cannot be sent any more is told to whoever reads, by the session.
    this.#host.sendFin(this.id)?.catch(() => {});
    if (this.#remoteEnded) this.#forget();
  }

  /** Ends our direction and reads no more. A peer that does not end its own in time is reset. */
  close(): void {
    this.end();
    if (this.#failure !== undefined || this.#abandoned) return;
    this.#abandoned = true;
    this.#giveRoom(this.#received.length);
    this.#received.clear();
    this.#tellReader();
    if (this.#remoteEnded) return;
    const { clock } = this.#host;
    this.#stopLingering = clock.at(later(clock.now(), lingerTime), () => this.reset(new StreamClosed("Left behind")));
  }

  /** Ends both directions at once. Who reads or writes is told `reason`. */
  reset(reason: Error = new StreamClosed("The stream was reset")): void {
    if (this.#failure !== undefined) return;
    if (!(this.#localEnded && this.#remoteEnded)) this.#host.sendReset(this.id);
    this.fail(reason);
  }

  /** For the session: bytes arrived. Throws `ProtocolViolation` when they are more than the peer had room for. */
  receive(bytes: Uint8Array): void {
    if (bytes.length > this.#receiveWindow) throw new ProtocolViolation("more data than the stream's window allows");
    this.#receiveWindow -= bytes.length;
    if (this.#abandoned || this.#remoteEnded) this.#giveRoom(bytes.length);
    else if (this.#reader !== undefined) this.#hand(this.#reader, bytes);
    else this.#received.push(bytes);
  }

  /** For the session: how much the peer may still send. */
  get receiveWindow(): number {
    return this.#receiveWindow;
  }

  /** For the session: the peer has room for `more` bytes. */
  widen(more: number): void {
    this.#sendWindow += more;
    if (this.#sendWindow > 0xffff_ffff) throw new ProtocolViolation("a stream's window is wider than 2^32");
    this.#changed.notify();
  }

  /** For the session: the peer has ended its direction. */
  remoteEnd(): void {
    if (this.#remoteEnded) return;
    this.#remoteEnded = true;
    this.#tellReader();
    if (this.#localEnded) this.#forget();
  }

  /** For the session: the peer wants no more of it; what it sent before does not count either. */
  remoteReset(): void {
    this.fail(new StreamClosed("The peer reset the stream"));
    this.#received.clear();
  }

  /** For the session: the stream is no more. What was received before can still be read. */
  fail(reason: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#host.consumed(this.#received.length);
    this.#over.abort(reason);
    this.#tellReader();
    this.#forget();
  }

  /** Of those who read there is one at a time. */
  #next(): Promise<IteratorResult<Uint8Array>> {
    assert(this.#reader === undefined, "a stream is read by one at a time");
    this.#reader = Promise.withResolvers();
    const { promise } = this.#reader;
    this.#tellReader();
    return promise;
  }

  #tellReader(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    const bytes = this.#received.shift();
    if (bytes !== undefined) this.#hand(reader, bytes);
    else if (this.#failure !== undefined) reader.reject(this.#failure);
    else if (this.#remoteEnded || this.#abandoned) reader.resolve({ done: true, value: undefined });
    else this.#reader = reader;
  }

  #hand(reader: PromiseWithResolvers<IteratorResult<Uint8Array>>, value: Uint8Array): void {
    this.#reader = undefined;
    this.#giveRoom(value.length);
    reader.resolve({ done: false, value });
  }

  async #writeInPieces(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#mayWrite() && this.#sendWindow === 0) await this.#window();
      if (!this.#mayWrite()) throw this.#failure ?? new StreamClosed("The stream is closed");
      const length = Math.min(this.#sendWindow, largestPiece, bytes.length - at);
      this.#sendWindow -= length;
      await this.#host.sendData(this.id, bytes.subarray(at, at + length));
      at += length;
    }
  }

  #mayWrite(): boolean {
    return this.#failure === undefined && !this.#localEnded;
  }

  async #window(): Promise<void> {
    const opened = async () => {
      while (this.#mayWrite() && this.#sendWindow === 0) await this.#changed.wait(this.#over);
    };
    await within(this.#host.clock, windowTimeout, opened(), () => {
      const reason = new StreamClosed("The peer reads nothing any more");
      this.reset(reason);
      return reason;
    });
  }

  #giveRoom(bytes: number): void {
    if (this.#failure !== undefined) return;
    this.#host.consumed(bytes);
    this.#giveRoomFor(bytes);
  }

  #giveRoomFor(bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged < updateAt || this.#remoteEnded) return;
    this.#receiveWindow += this.#unacknowledged;
    this.#host.sendWindow(this.id, this.#unacknowledged);
    this.#unacknowledged = 0;
  }

  #forget(): void {
    this.#stopLingering?.();
    this.#host.forget(this.id);
  }
}
