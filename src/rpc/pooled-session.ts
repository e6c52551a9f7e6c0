import { type Duration, later } from "../base/index.ts";
import type { Clock, Connection } from "../runtime/index.ts";
import { CallStream } from "./call-stream.ts";
import { type KeepAlive, mostStreams, YamuxSession } from "./yamux.ts";

/** Peers refuse more than `mostStreams`; some are kept back for streams that are being closed. */
const mostCalls = mostStreams - 16;

export interface PooledSessionOptions {
  /** How long a session without calls is kept. */
  readonly idleTime: Duration;
  /** Streams without a call that are kept for the next ones. */
  readonly idleStreams: number;
  readonly keepAlive?: KeepAlive;
}

/** A session to a peer with the streams that wait for their next call. Ends itself when it is not used for long. */
export class PooledSession {
  readonly #clock: Clock;
  readonly #session: YamuxSession;
  readonly #options: PooledSessionOptions;
  readonly #idle: CallStream[] = [];
  #calls = 0;
  /** Calls that have room and no stream yet. */
  #claimed = 0;
  #stopIdle: (() => void) | undefined;

  constructor(clock: Clock, connection: Connection, options: PooledSessionOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#session = new YamuxSession(clock, connection, { side: "client", keepAlive: options.keepAlive });
    this.#rest();
  }

  /** Carries the session until it is over; rejects when the peer broke it. Called once. */
  run(): Promise<void> {
    return this.#session.run().finally(() => this.#stopIdle?.());
  }

  /** Takes room for one call, which is then to be made with `use`; false if there is none. */
  claim(): boolean {
    const opened = this.#session.ownStreams + Math.max(0, this.#claimed + 1 - this.#idle.length);
    if (!this.#session.takesStreams || this.#calls >= mostCalls || opened > mostStreams) return false;
    this.#stopIdle?.();
    this.#calls++;
    this.#claimed++;
    return true;
  }

  /** Makes a call over a stream of its own, in the room that was claimed. What `call` throws comes through. */
  async use<Result>(call: (stream: CallStream) => Promise<Result>): Promise<Result> {
    this.#claimed--;
    try {
      const stream = this.#take();
      const result = await call(stream);
      this.#keep(stream);
      return result;
    } finally {
      this.#calls--;
      if (this.#calls === 0) this.#rest();
    }
  }

  close(): void {
    this.#session.close();
  }

  #take(): CallStream {
    for (let stream = this.#idle.pop(); stream !== undefined; stream = this.#idle.pop()) {
      if (stream.isOpen) return stream;
      stream.close();
    }
    return new CallStream(this.#clock, this.#session.open());
  }

  #keep(stream: CallStream): void {
    if (stream.isOpen && this.#idle.length < this.#options.idleStreams) this.#idle.push(stream);
    else stream.close();
  }

  #rest(): void {
    if (!this.#session.takesStreams) return;
    this.#stopIdle = this.#clock.at(later(this.#clock.now(), this.#options.idleTime), () => this.close());
  }
}
