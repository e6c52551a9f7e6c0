import { type Duration, minutes, type Signal, seconds, whenAborted, withEither } from "../base/index.ts";
import { type Connection, type Log, QuietLog, type Runtime } from "../runtime/index.ts";
import { InvalidMsgpack, type MsgpackOptions } from "../wire/index.ts";
import { encodeCall } from "./call-format.ts";
import { dial } from "./dial.ts";
import { NoAnswer, ProtocolViolation, RemoteError } from "./errors.ts";
import { firstByte } from "./first-byte.ts";
import { PooledSession } from "./pooled-session.ts";
import type { KeepAlive } from "./yamux.ts";

/** A blocking query takes 300 seconds and a sixteenth at most; whoever asks less says so. */
const longestCall: Duration = seconds(330);
/** Connections to one address; one carries 240 calls at once. */
const mostConnections = 8;

export interface RpcPoolOptions {
  /** How long a connection without calls is kept; two minutes by default. */
  readonly idleTime?: Duration;
  /** Streams kept for the next calls, for each connection; 64 by default. */
  readonly idleStreams?: number;
  /** How long a connection may take to be made; ten seconds by default. */
  readonly dialTimeout?: Duration;
  /** How soon a peer that has fallen silent is found out; by default after 40 seconds at the latest. */
  readonly keepAlive?: KeepAlive;
}

export interface CallOptions extends MsgpackOptions {
  readonly signal?: Signal;
  /** How long the answer may take; 330 seconds by default. */
  readonly timeout?: Duration;
  /** Reads the body of a reply as the caller knows it; undefined for one that is to be decoded. */
  readonly unpack?: (body: Uint8Array) => unknown;
}

interface Peer {
  readonly sessions: Set<PooledSession>;
  /** All who need a connection wait for the one being dialled. */
  dialling: Promise<PooledSession> | undefined;
}

/** Asks servers by their RPC addresses, over connections that are shared and kept. */
export class RpcPool {
  readonly #runtime: Pick<Runtime, "clock" | "network">;
  readonly #options: RpcPoolOptions;
  readonly #log: Log;
  readonly #strangers: QuietLog;
  readonly #peers = new Map<string, Peer>();
  readonly #running = new Set<Promise<void>>();
  readonly #over = new AbortController();
  #seq = 0;

  constructor(runtime: Pick<Runtime, "clock" | "network" | "log">, options: RpcPoolOptions = {}) {
    this.#runtime = runtime;
    this.#options = options;
    this.#log = runtime.log.named("rpc");
    this.#strangers = new QuietLog(runtime.clock, this.#log);
  }

  /**
   * Calls a method (`Job.Register`) of the server at `address` and gives the body of its reply. Rejects with
   * `RemoteError` when the server refuses, with `NoAnswer` when there is none in time, with the signal's reason, and
   * with `UnwritableMsgpack` when the body cannot be sent.
   */
  async call(address: string, method: string, body: unknown, options: CallOptions = {}): Promise<unknown> {
    const { signal = never, timeout = longestCall, unpack, binary } = options;
    signal.throwIfAborted();
    const seq = ++this.#seq;
    const request = encodeCall({ ServiceMethod: method, Seq: seq }, body);
    const session = await this.#claimed(address, signal);
    const late = () => new NoAnswer(address, "it takes too long", { mayHaveRun: true });
    try {
      return await session.use((stream) => stream.ask(seq, request, { signal, timeout, late, unpack, binary }));
    } catch (error) {
      if (error instanceof RemoteError || error instanceof NoAnswer || (signal.aborted && error === signal.reason)) {
        throw error;
      }
      if (error instanceof ProtocolViolation || error instanceof InvalidMsgpack)
        this.#misbehaved(address, session, error);
      throw new NoAnswer(address, reasonOf(error), { mayHaveRun: true, cause: error });
    }
  }

  /**
   * A connection of its own to the server at `address`, for a protocol other than calls; its owner closes it. Rejects
   * with `NoAnswer` or the signal's reason.
   */
  async connect(address: string, byte: number, signal: Signal): Promise<Connection> {
    try {
      return await withEither([signal, this.#over.signal], (ended) =>
        dial(this.#runtime, address, byte, { signal: ended, timeout: this.#options.dialTimeout }),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw new NoAnswer(address, reasonOf(error), { mayHaveRun: false, cause: error });
    }
  }

  /** Ends all connections of calls; resolves when they have ended. Calls under way reject with `NoAnswer`. */
  async close(): Promise<void> {
    this.#over.abort(new Error("the pool is closed"));
    for (const { sessions } of this.#peers.values()) for (const session of sessions) session.close();
    await Promise.all(this.#running);
  }

  /** A session with room claimed for a call: one that is there, or a new one. */
  async #claimed(address: string, signal: Signal): Promise<PooledSession> {
    for (;;) {
      const peer = this.#peer(address);
      for (const session of peer.sessions) if (session.claim()) return session;
      if (peer.sessions.size >= mostConnections) {
        throw new NoAnswer(address, "too many calls at once", { mayHaveRun: false });
      }
      peer.dialling ??= this.#dial(address, peer);
      try {
        await orAborted(peer.dialling, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw new NoAnswer(address, reasonOf(error), { mayHaveRun: false, cause: error });
      }
    }
  }

  #peer(address: string): Peer {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const peer: Peer = { sessions: new Set(), dialling: undefined };
    this.#peers.set(address, peer);
    return peer;
  }

  async #dial(address: string, peer: Peer): Promise<PooledSession> {
    try {
      const connection = await dial(this.#runtime, address, firstByte.multiplex, {
        signal: this.#over.signal,
        timeout: this.#options.dialTimeout,
      });
      return this.#begin(address, peer, connection);
    } finally {
      peer.dialling = undefined;
      this.#forgetEmpty(address, peer);
    }
  }

  #begin(address: string, peer: Peer, connection: Connection): PooledSession {
    const { idleTime = minutes(2), idleStreams = 64, keepAlive } = this.#options;
    const kept = { idleTime, idleStreams, keepAlive };
    const session = new PooledSession(this.#runtime.clock, connection, kept);
    peer.sessions.add(session);
    const running: Promise<void> = session
      .run()
      .catch((error) => this.#log.debug("connection broke", { address, error: reasonOf(error) }))
      .finally(() => {
        peer.sessions.delete(session);
        this.#forgetEmpty(address, peer);
        this.#running.delete(running);
      });
    this.#running.add(running);
    return session;
  }

  #forgetEmpty(address: string, peer: Peer): void {
    if (peer.sessions.size === 0 && peer.dialling === undefined && this.#peers.get(address) === peer) {
      this.#peers.delete(address);
    }
  }

  /** What it says cannot be trusted: nothing more is asked over this connection. */
  #misbehaved(address: string, session: PooledSession, error: Error): void {
    this.#strangers.warn("peer breaks the rules, disconnected", { from: address, error: error.message });
    session.close();
  }
}

const never = new AbortController().signal;

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** Others may wait for the same promise: only this one gives it up. */
function orAborted<Value>(promise: Promise<Value>, signal: Signal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    if (signal.aborted) aborted();
    promise.then(resolve, reject).finally(whenAborted(signal, aborted));
  });
}
