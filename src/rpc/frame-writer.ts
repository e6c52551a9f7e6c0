import { type Duration, GrowingBytes, seconds, WakeUp } from "../base/index.ts";
import type { Clock, Connection } from "../runtime/index.ts";
import { StreamClosed } from "./errors.ts";
import { headerLength, writeHeader } from "./frame.ts";
import { within } from "./within.ts";

/** How long the connection may take one write before the peer counts as gone. */
const writeTimeout: Duration = seconds(10);
/** Bytes that are put into one write, if there are more and smaller frames; who adds to so many waits until there are fewer. */
const batchLength = 128 * 1024;
/** Bytes of frames of our own accord (answers to pings, resets, windows) that may wait; then nothing more is read. */
const mostControlBytes = 12 * 1024;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

interface Sender {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Puts the frames of all streams onto one connection, control frames first, all that there are in one write. What waits is bounded by
 * its callers: a stream sends nothing more while it is to wait for room, and whoever makes control frames asks for `room` now and then.
 */
export class FrameWriter {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #control = new GrowingBytes();
  readonly #header = Buffer.alloc(headerLength);
  #frames: Frame[] = [];
  /** Of all frames in `#frames`. */
  #length = 0;
  /** Who waits until there are fewer frames. */
  #senders: Sender[] = [];
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

  /**
   * Sends a frame in its turn, which has a payload if it is one of data. Its sender sends nothing more before what is returned has
   * resolved, if it is something. The payload must not change any more.
   */
  send(type: number, flags: number, stream: number, payload: Uint8Array = noPayload): Promise<void> | undefined {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    this.#frames.push({ type, flags, stream, payload });
    this.#length += headerLength + payload.length;
    this.#added.notify();
    if (this.#length <= batchLength) return undefined;
    return new Promise((resolve, reject) => this.#senders.push({ resolve, reject }));
  }

  /** Resolves at once, or when fewer control frames wait. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#control.length > mostControlBytes && !signal.aborted) await this.#drained.wait(signal);
  }

  /** Writes until `signal` fires; rejects when the connection breaks or takes nothing for ten seconds. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#control.length === 0 && this.#frames.length === 0) await this.#added.wait(signal);
      else await this.#writeBatch();
    }
  }

  /** Takes what is to be written next: all control frames, and as many others as are put into one write. */
  takeBatch(): Uint8Array {
    const control = this.#control.take();
    const frames = this.#frames;
    let count = 0;
    let length = 0;
    for (; count < frames.length; count++) {
      const more = headerLength + (frames[count] as Frame).payload.length;
      if (count > 0 && length + more > batchLength) break;
      length += more;
    }
    if (count === 0) return control;
    this.#frames = count === frames.length ? [] : frames.slice(count);
    this.#length -= length;
    const batch = Buffer.allocUnsafe(control.length + length);
    batch.set(control);
    let at = control.length;
    for (let each = 0; each < count; each++) {
      const { type, flags, stream, payload } = frames[each] as Frame;
      writeHeader(batch, type, flags, stream, payload.length, at);
      batch.set(payload, at + headerLength);
      at += headerLength + payload.length;
    }
    return batch;
  }

  /** Nothing is sent any more; who waits is told. */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#control.take();
    this.#frames = [];
    for (const { reject } of this.#senders.splice(0)) reject(reason);
  }

  async #writeBatch(): Promise<void> {
    const batch = this.takeBatch();
    this.#drained.notify();
    try {
      await within(this.#clock, writeTimeout, this.#connection.write(batch), stuck);
    } catch (error) {
      for (const { reject } of this.#senders.splice(0)) {
        reject(new StreamClosed("The connection broke", { cause: error }));
      }
      throw error;
    }
    if (this.#length > batchLength) return;
    for (const { resolve } of this.#senders.splice(0)) resolve();
  }
}

const noPayload = new Uint8Array(0);

function stuck(): Error {
  return new StreamClosed("The peer takes nothing any more");
}
