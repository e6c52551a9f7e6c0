import { type Duration, GrowingBytes, seconds, WakeUp } from "../base/index.ts";
import type { Clock, Connection } from "../runtime/index.ts";
import { StreamClosed } from "./errors.ts";
import { encodeHeader, type FrameHeader, headerLength, writeHeader } from "./frame.ts";
import { within } from "./within.ts";

/** How long the connection may take one write before the peer counts as gone. */
const writeTimeout: Duration = seconds(10);
/** Bytes that are put into one write, if there are more and smaller frames. */
const batchLength = 128 * 1024;
/** Bytes of frames of our own accord (answers to pings, resets, windows) that may wait; then nothing more is read. */
const mostControlBytes = 12 * 1024;

interface Waiting {
  readonly bytes: readonly Uint8Array[];
  readonly length: number;
  readonly sent: (error?: Error) => void;
}

/**
 * Puts the frames of all streams onto one connection, control frames first. What waits is bounded by its callers:
 * a stream has one frame of data here at a time, and whoever makes control frames asks for `room` now and then.
 */
export class FrameWriter {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #control = new GrowingBytes();
  readonly #header = Buffer.alloc(headerLength);
  readonly #data: Waiting[] = [];
  readonly #added = new WakeUp();
  readonly #drained = new WakeUp();
  #closed: Error | undefined;

  constructor(clock: Clock, connection: Connection) {
    this.#clock = clock;
    this.#connection = connection;
  }

  /** Sends a frame without payload, before all data that waits. */
  control(type: number, flags: number, stream: number, length: number): void {
    if (this.#closed !== undefined) return;
    writeHeader(this.#header, type, flags, stream, length);
    this.#control.append(this.#header);
    this.#added.notify();
  }

  /** Sends a frame in its turn. Resolves when the connection has taken it. The bytes must not change until then. */
  send(header: FrameHeader, payload?: Uint8Array): Promise<void> {
    const closed = this.#closed;
    if (closed !== undefined) return Promise.reject(closed);
    const bytes = payload === undefined ? [encodeHeader(header)] : [encodeHeader(header), payload];
    return new Promise((resolve, reject) => {
      const length = bytes.reduce((sum, each) => sum + each.length, 0);
      this.#data.push({ bytes, length, sent: (error) => (error === undefined ? resolve() : reject(error)) });
      this.#added.notify();
    });
  }

  /** Resolves at once, or when fewer control frames wait. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#control.length > mostControlBytes && !signal.aborted) await this.#drained.wait(signal);
  }

  /** Writes until `signal` fires; rejects when the connection breaks or takes nothing for ten seconds. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#control.length === 0 && this.#data.length === 0) await this.#added.wait(signal);
      else await this.#writeBatch();
    }
  }

  /** Nothing is sent any more; who waits is told. */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#control.take();
    for (const { sent } of this.#data.splice(0)) sent(reason);
  }

  async #writeBatch(): Promise<void> {
    const bytes: Uint8Array[] = this.#control.length > 0 ? [this.#control.take()] : [];
    this.#drained.notify();
    const frames = this.#data.splice(0, this.#inOneBatch());
    for (const frame of frames) bytes.push(...frame.bytes);
    const whole = bytes.length === 1 ? (bytes[0] as Uint8Array) : Buffer.concat(bytes);
    try {
      await within(this.#clock, writeTimeout, this.#connection.write(whole), stuck);
    } catch (error) {
      for (const { sent } of frames) sent(new StreamClosed("The connection broke", { cause: error }));
      throw error;
    }
    for (const { sent } of frames) sent();
  }

  #inOneBatch(): number {
    let [count, length] = [0, 0];
    for (const frame of this.#data) {
      length += frame.length;
      if (count > 0 && length > batchLength) break;
      count++;
    }
    return count;
  }
}

function stuck(): Error {
  return new StreamClosed("The peer takes nothing any more");
}
