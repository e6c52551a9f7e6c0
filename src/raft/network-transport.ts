import {
  assert,
  type Instant,
  isBefore,
  later,
  longer,
  milliseconds,
  seconds,
  shorter,
  times,
  withEither,
} from "../base/index.ts";
import { type Connection, type Log, pause, QuietLog, type Runtime } from "../runtime/index.ts";
import { MalformedBytes } from "./binary.ts";
import type { Member, ServerID } from "./core/membership.ts";
import { type Append, isSameAppend, type RaftMessage } from "./core/messages.ts";
import { FrameCutter, framed } from "./frames.ts";
import { decodeIntroduction, encodeIntroduction, type Introduction, MAX_INTRODUCTION_BYTES } from "./handshake.ts";
import { MessageQueue } from "./message-queue.ts";
import type { Transport } from "./transport.ts";
import { decodeMessage, encodeMessage } from "./wire.ts";

const LEAST_BACK_OFF = milliseconds(50);
const MOST_BACK_OFF = seconds(2);
const CONNECT_TIMEOUT = seconds(10);
/**
 * A peer that is spoken to and says nothing for so long gets a new connection: after a cut the old one may try for
 * minutes to bring over what was lost, and hold up all that is said since.
 */
const SILENCE_TIMEOUT = seconds(5);
/** How long somebody who has connected may say nothing. */
const INTRODUCTION_TIMEOUT = seconds(5);

/** Somebody who wants to take part. */
export interface Caller extends Introduction {
  readonly remoteAddress: string;
  /** The servers of the configuration in force. */
  readonly members: readonly Member[];
}

export interface RaftTransportOptions {
  readonly id: ServerID;
  /** This server's own `host:port`, as peers know it. */
  readonly address: string;
  /** Opens a connection on which the peer at `address` will give what we write to its transport's `accept`. */
  connect(address: string, signal: AbortSignal): Promise<Connection>;
  /** Whether a caller is the server that it says it is: what Raft hears from others would not be Raft's. */
  admits(caller: Caller): boolean;
}

type TransportRuntime = Pick<Runtime, "clock" | "random" | "log">;

/** A transport over connections; see `NetworkTransport`. */
export function raftTransport(runtime: TransportRuntime, options: RaftTransportOptions): NetworkTransport {
  return new NetworkTransport(runtime, options);
}

/**
 * One connection from each server to each other, opened by whoever has something to say, and kept. A message goes out
 * behind those before it without waiting for answers; what a slow or lost peer does not take is dropped. Answers to a
 * server whose address is not known go back on the connection that it opened.
 */
export class NetworkTransport implements Transport {
  readonly #runtime: TransportRuntime;
  readonly #options: RaftTransportOptions;
  readonly #log: Log;
  readonly #strangers: QuietLog;
  readonly #ended = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** To servers of the configuration. */
  readonly #links = new Map<ServerID, Link>();
  /** To servers that have called us, by the connection that they opened. */
  readonly #callers = new Map<ServerID, CallerInPlace>();
  #members: readonly Member[] = [];
  #lastAppend: { readonly message: Append; readonly bytes: Uint8Array } | undefined;
  #received: ((from: ServerID, message: RaftMessage) => void) | undefined;

  constructor(runtime: TransportRuntime, options: RaftTransportOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#log = runtime.log.named("raft");
    this.#strangers = new QuietLog(runtime.clock, this.#log);
  }

  send(to: ServerID, message: RaftMessage): void {
    const link = this.#links.get(to);
    link?.spoken(this.#runtime.clock.now());
    const queue = link?.queue ?? this.#callers.get(to)?.queue;
    queue?.push(this.#encoded(message));
  }

  /** A leader says the same to all its followers, one after the other. */
  #encoded(message: RaftMessage): Uint8Array {
    if (message.kind !== "append") return encodeMessage(message);
    if (this.#lastAppend === undefined || !isSameAppend(this.#lastAppend.message, message)) {
      this.#lastAppend = { message, bytes: encodeMessage(message) };
    }
    return this.#lastAppend.bytes;
  }

  listen(received: (from: ServerID, message: RaftMessage) => void): void {
    assert(this.#received === undefined, "a transport is listened to by one server");
    this.#received = received;
  }

  /** A peer whose address has changed gets a new connection. */
  membersChanged(members: readonly Member[]): void {
    this.#members = members;
    for (const [id, link] of this.#links) {
      if (members.some((member) => member.id === id && member.address === link.address)) continue;
      link.ended.abort();
      this.#links.delete(id);
    }
    for (const { id, address } of members) {
      if (id === this.#options.id || this.#links.has(id) || this.#ended.signal.aborted) continue;
      const link = new Link(address);
      this.#links.set(id, link);
      this.#run(this.#keepConnected(id, link));
    }
  }

  /**
   * Takes a connection that somebody has opened to this server's Raft; it is closed if they may not take part. Resolves
   * when it has ended.
   */
  async accept(connection: Connection): Promise<void> {
    if (this.#ended.signal.aborted) {
      connection.close();
      return;
    }
    const serving = this.#serve(connection);
    this.#run(serving);
    await serving;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    for (const { ended } of this.#links.values()) ended.abort();
    await Promise.all(this.#running);
  }

  #run(work: Promise<void>): void {
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Connects when there is something to send, again and again, until the link ends. */
  async #keepConnected(id: ServerID, link: Link): Promise<void> {
    const { clock, random } = this.#runtime;
    const { queue } = link;
    const { signal } = link.ended;
    let backOff = LEAST_BACK_OFF;
    for (let first = await queue.take(signal); first !== undefined; first = await queue.take(signal)) {
      const beganAt = clock.now();
      await this.#converse(id, link, first);
      const wasLong = clock.now() > later(beganAt, MOST_BACK_OFF);
      backOff = wasLong ? LEAST_BACK_OFF : shorter(times(backOff, 2), MOST_BACK_OFF);
      await pause(clock, longer(LEAST_BACK_OFF, times(backOff, random.fraction())), signal);
      queue.clear();
    }
  }

  /** One connection's life, from its opening to its break. */
  async #converse(id: ServerID, link: Link, first: Uint8Array) {
    const { address, queue, ended } = link;
    const { id: from, address: own } = this.#options;
    const introduction = Buffer.concat(framed(encodeIntroduction({ from, address: own, to: id })));
    try {
      await withEither([ended.signal, link.beginConversation()], async (signal) => {
        const connection = await this.#connect(address, signal);
        const exchange = this.#exchange(id, connection, queue, Buffer.concat([introduction, first]), signal);
        // One that is given up may linger with what the peer did not take; the next conversation does not wait for it.
        this.#run(exchange.catch(() => undefined));
        await unlessAborted(exchange, signal);
      });
    } catch (error) {
      if (ended.signal.aborted) return;
      this.#log.debug("lost the connection to a server", { server: id, address, error: reasonOf(error) });
    }
  }

  async #connect(address: string, signal: AbortSignal): Promise<Connection> {
    const tooLong = new AbortController();
    const { clock } = this.#runtime;
    const cancel = clock.at(later(clock.now(), CONNECT_TIMEOUT), () => tooLong.abort(new Error("no answer in time")));
    try {
      return await withEither([signal, tooLong.signal], (either) => this.#options.connect(address, either));
    } finally {
      cancel();
    }
  }

  /** Reads and writes until one side ends; rejects when it broke. */
  async #exchange(
    peer: ServerID,
    connection: Connection,
    queue: MessageQueue,
    first: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    const over = new AbortController();
    const [read, written] = await withEither([signal, over.signal], (either) => {
      const stop = () => connection.close();
      either.addEventListener("abort", stop, { once: true });
      if (either.aborted) stop();
      const reading = this.#read(peer, connection.incoming, new FrameCutter());
      const writing = writeAll(connection, queue, first, either);
      return Promise.allSettled([reading, writing].map((side) => side.finally(() => over.abort())));
    });
    for (const side of [read, written]) if (side?.status === "rejected") throw side.reason;
  }

  async #read(peer: ServerID, incoming: AsyncIterable<Uint8Array>, cutter: FrameCutter): Promise<void> {
    for await (const piece of incoming) this.#deliver(peer, cutter.push(piece));
  }

  #deliver(peer: ServerID, messages: Iterable<Uint8Array>): void {
    for (const message of messages) {
      const decoded = decodeMessage(message);
      this.#links.get(peer)?.heard();
      if (!this.#ended.signal.aborted) this.#received?.(peer, decoded);
    }
  }

  /** The other side of `#converse`: whoever has called says first who they are. */
  async #serve(connection: Connection): Promise<void> {
    const { clock } = this.#runtime;
    const { signal } = this.#ended;
    const close = () => connection.close();
    signal.addEventListener("abort", close, { once: true });
    const cancel = clock.at(later(clock.now(), INTRODUCTION_TIMEOUT), close);
    try {
      await this.#hear(connection, cancel, signal);
    } catch (error) {
      if (!signal.aborted) this.#refused(connection, reasonOf(error), error instanceof MalformedBytes);
    } finally {
      cancel();
      signal.removeEventListener("abort", close);
      connection.close();
    }
  }

  async #hear(connection: Connection, introduced: () => void, signal: AbortSignal): Promise<void> {
    const pieces = connection.incoming[Symbol.asyncIterator]();
    const { introduction, rest } = await readIntroduction(pieces);
    introduced();
    if (!this.#mayTakePart(introduction, connection)) return;
    const peer = introduction.from;
    const cutter = new FrameCutter();
    this.#deliver(peer, cutter.push(rest));
    await this.#answerOn(peer, connection, { pieces, cutter }, signal);
  }

  async #answerOn(
    peer: ServerID,
    connection: Connection,
    { pieces, cutter }: { pieces: AsyncIterator<Uint8Array>; cutter: FrameCutter },
    signal: AbortSignal,
  ): Promise<void> {
    const queue = new MessageQueue();
    // A server that calls again has lost the connection before; and nobody may hold more than one.
    this.#callers.get(peer)?.connection.close();
    this.#callers.set(peer, { queue, connection });
    const over = new AbortController();
    const writing = withEither([signal, over.signal], (either) =>
      writeAll(connection, queue, new Uint8Array(), either),
    );
    writing.catch(() => connection.close());
    try {
      await this.#read(peer, { [Symbol.asyncIterator]: () => pieces }, cutter);
    } finally {
      over.abort();
      if (this.#callers.get(peer)?.queue === queue) this.#callers.delete(peer);
      await writing.catch(() => undefined);
    }
  }

  #mayTakePart(introduction: Introduction, connection: Connection): boolean {
    const { from, to } = introduction;
    if (to !== this.#options.id) {
      this.#refused(connection, `it looks for server "${to}"`, true);
      return false;
    }
    const { remoteAddress } = connection;
    const isAdmitted = this.#options.admits({ ...introduction, remoteAddress, members: this.#members });
    if (!isAdmitted) this.#refused(connection, `nobody at its address is known as server "${from}"`, true);
    return isAdmitted;
  }

  /** A connection that breaks is daily life; one that should not have been opened is worth a look, but not a flood. */
  #refused({ remoteAddress }: Connection, reason: string, isWorthALook: boolean): void {
    if (!isWorthALook) {
      this.#log.debug("a server's connection ended", { from: remoteAddress, error: reason });
      return;
    }
    this.#strangers.warn("closed a connection to Raft", { from: remoteAddress, reason });
  }
}

/** Somebody who has called, and what waits to be said to them. */
interface CallerInPlace {
  readonly queue: MessageQueue;
  readonly connection: Connection;
}

/** The way to a server of the configuration. */
class Link {
  readonly address: string;
  readonly queue = new MessageQueue();
  readonly ended = new AbortController();
  #conversation = new AbortController();
  /** When it was spoken to for the first time since it was last heard. */
  #spokenAt: Instant | undefined;

  constructor(address: string) {
    this.address = address;
  }

  /** The signal fires when it is to be given up, because the peer says nothing. */
  beginConversation(): AbortSignal {
    this.#conversation = new AbortController();
    return this.#conversation.signal;
  }

  spoken(now: Instant): void {
    this.#spokenAt ??= now;
    if (isBefore(now, later(this.#spokenAt, SILENCE_TIMEOUT))) return;
    this.#spokenAt = undefined;
    this.#conversation.abort(new Error("it says nothing"));
  }

  heard(): void {
    this.#spokenAt = undefined;
  }
}

/** Rejects with the signal's reason when that fires first. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) aborted();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}

/** Writes `first` and then what comes into the queue, until the signal fires. */
async function writeAll(connection: Connection, queue: MessageQueue, first: Uint8Array, signal: AbortSignal) {
  let bytes: Uint8Array | undefined = first;
  while (bytes !== undefined) {
    if (bytes.length > 0) await connection.write(bytes);
    bytes = await queue.take(signal);
  }
}

/** The first frame, and what came with it. Throws `MalformedBytes`. */
async function readIntroduction(pieces: AsyncIterator<Uint8Array>) {
  let held: Uint8Array = new Uint8Array();
  for (;;) {
    const piece = await pieces.next();
    if (piece.done) throw new Error("it ended before it said who it is");
    held = Buffer.concat([held, piece.value]);
    const [first] = new FrameCutter(MAX_INTRODUCTION_BYTES).push(held);
    if (first === undefined) continue;
    return { introduction: decodeIntroduction(first), rest: held.subarray(first.length + 4) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
