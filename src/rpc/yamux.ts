import { type Duration, seconds, WakeUp } from "../base/index.ts";
import { type Clock, type Connection, pause } from "../runtime/index.ts";
import { ProtocolViolation, StreamClosed } from "./errors.ts";
import { encodeHeader, type FrameHeader, FrameReader, frameFlag, frameType, goAwayCode } from "./frame.ts";
import { FrameWriter } from "./frame-writer.ts";
import { within } from "./within.ts";
import { type StreamHost, windowLength, YamuxStream } from "./yamux-stream.ts";

/** Streams that a peer may have open at once; more are reset. */
export const mostStreams = 256;
/** Streams that a peer may try to open in vain before its session is ended. */
const mostRefused = 4 * mostStreams;
/** Unread bytes of all streams together at which nothing more is read from the connection. */
const mostUnread = 8 * 1024 * 1024;

/** How soon a peer that is silent is found out: it is pinged so often, and given up when it does not answer in time. */
export interface KeepAlive {
  readonly every: Duration;
  readonly timeout: Duration;
}

const usualKeepAlive: KeepAlive = { every: seconds(30), timeout: seconds(10) };

export interface YamuxOptions {
  /** Who dialled is the client: its streams have odd numbers. */
  readonly side: "client" | "server";
  /** Takes a stream that the peer opened. Without it all are refused. */
  readonly accept?: (stream: YamuxStream) => void;
  /** Called once, when the first whole frame has come. */
  readonly heard?: () => void;
  /** By default a ping every 30 seconds, to be answered within 10. */
  readonly keepAlive?: KeepAlive;
}

/**
 * Many streams over one connection, as hashicorp/yamux does it. Nothing a peer sends makes it hold more than
 * `mostUnread` bytes: windows are enforced, streams counted, and answers nobody takes stop the reading.
 */
export class YamuxSession implements StreamHost {
  readonly clock: Clock;
  readonly remoteAddress: string;
  readonly #connection: Connection;
  readonly #side: "client" | "server";
  readonly #accept: ((stream: YamuxStream) => void) | undefined;
  #heard: (() => void) | undefined;
  readonly #pace: KeepAlive;
  readonly #writer: FrameWriter;
  readonly #reader = new FrameReader({
    frame: (header) => this.#frame(header),
    payload: (bytes, left) => this.#payload(bytes, left),
  });
  readonly #streams = new Map<number, YamuxStream>();
  readonly #over = new AbortController();
  readonly #read = new WakeUp();
  readonly #answered = new WakeUp();
  #nextStream: number;
  #ownStreams = 0;
  #unread = 0;
  #refused = 0;
  #pings = 0;
  #peerLeaves = false;
  #cause: unknown;
  /** The number of the last ping that was answered. */
  #lastAnswer = 0;
  /** The stream of the data frame being received; undefined for one that is not known. */
  #receiving: YamuxStream | undefined;
  #finAfter = false;

  constructor(clock: Clock, connection: Connection, { side, accept, heard, keepAlive = usualKeepAlive }: YamuxOptions) {
    this.clock = clock;
    this.remoteAddress = connection.remoteAddress;
    this.#connection = connection;
    this.#side = side;
    this.#accept = accept;
    this.#heard = heard;
    this.#pace = keepAlive;
    this.#nextStream = side === "client" ? 1 : 2;
    this.#writer = new FrameWriter(clock, connection);
  }

  /** False once the session is over, or the peer wants no more streams. */
  get takesStreams(): boolean {
    return !this.#over.signal.aborted && !this.#peerLeaves;
  }

  /** How many streams we have opened and not finished. */
  get ownStreams(): number {
    return this.#ownStreams;
  }

  /** Fires when the session is over; the reason says why. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Carries frames until the session is over: `close` was called or the peer ended the connection (resolves), the
   * connection broke or the peer broke the rules (rejects, the latter with `ProtocolViolation`). Called once.
   */
  async run(): Promise<void> {
    const { signal } = this.#over;
    const part = (work: Promise<void>): Promise<void> =>
      work.then(
        () => this.close(),
        (error: unknown) => (error instanceof ProtocolViolation ? this.disconnect(error) : this.#fail(error)),
      );
    await Promise.all([part(this.#readFrames(signal)), part(this.#writer.run(signal)), part(this.#keepAlive(signal))]);
    if (this.#cause !== undefined) throw this.#cause;
  }

  /** Opens a stream; data may be written at once. Throws `StreamClosed` when the session takes no more. */
  open(): YamuxStream {
    if (!this.takesStreams) throw new StreamClosed("The session is over");
    if (this.#ownStreams >= mostStreams) throw new StreamClosed("The session has all the streams it may have");
    const stream = new YamuxStream(this.#nextStream, this);
    this.#nextStream += 2;
    this.#ownStreams++;
    this.#streams.set(stream.id, stream);
    this.#control(frameType.windowUpdate, frameFlag.syn, stream.id, 0);
    return stream;
  }

  /** Ends all streams and the connection. */
  close(): void {
    this.#end(new StreamClosed("The session is over"));
  }

  /** Ends the session because of what the peer did; `run` rejects with `error`, and the peer hears that it erred. */
  disconnect(error: unknown): void {
    this.#fail(error, goAwayCode.protocolError);
  }

  sendData(stream: number, bytes: Uint8Array): Promise<void> | undefined {
    return this.#writer.send(frameType.data, 0, stream, bytes);
  }

  sendFin(stream: number): Promise<void> | undefined {
    return this.#writer.send(frameType.windowUpdate, frameFlag.fin, stream);
  }

  sendReset(stream: number): void {
    this.#control(frameType.windowUpdate, frameFlag.rst, stream, 0);
  }

  sendWindow(stream: number, more: number): void {
    this.#control(frameType.windowUpdate, 0, stream, more);
  }

  consumed(bytes: number): void {
    this.#unread -= bytes;
    this.#read.notify();
  }

  forget(stream: number): void {
    if (this.#streams.delete(stream) && this.#isOwn(stream)) this.#ownStreams--;
  }

  async #readFrames(signal: AbortSignal): Promise<void> {
    for await (const chunk of this.#connection.incoming) {
      if (signal.aborted) return;
      this.#reader.push(chunk);
      await this.#writer.room(signal);
      while (this.#unread > mostUnread && !signal.aborted) await this.#read.wait(signal);
    }
  }

  /** A peer that is silent on the wire but alive answers a ping; one that is not is given up. */
  async #keepAlive(signal: AbortSignal): Promise<void> {
    const { clock } = this;
    const { every, timeout } = this.#pace;
    while (await pause(clock, every, signal)) {
      this.#pings++;
      this.#control(frameType.ping, frameFlag.syn, 0, this.#pings);
      await within(clock, timeout, this.#pong(signal), () => new StreamClosed("The peer answers no ping"));
    }
  }

  async #pong(signal: AbortSignal): Promise<void> {
    while (this.#lastAnswer !== this.#pings && !signal.aborted) await this.#answered.wait(signal);
  }

  #frame(header: FrameHeader): void {
    this.#heard?.();
    this.#heard = undefined;
    switch (header.type) {
      case frameType.ping:
        this.#ping(header);
        break;
      case frameType.goAway:
        this.#goAway(header.length);
        break;
      default:
        this.#streamFrame(header);
    }
  }

  #ping({ flags, length }: FrameHeader): void {
    if (flags & frameFlag.syn) this.#control(frameType.ping, frameFlag.ack, 0, length);
    else {
      this.#lastAnswer = length;
      this.#answered.notify();
    }
  }

  #goAway(code: number): void {
    if (code !== goAwayCode.normal) throw new StreamClosed(`The peer ends the session: code ${code}`);
    this.#peerLeaves = true;
  }

  #streamFrame(header: FrameHeader): void {
    const { type, flags, length } = header;
    const stream = flags & frameFlag.syn ? this.#opened(header) : this.#streams.get(header.stream);
    if (type === frameType.data) this.#data(stream, header);
    else stream?.widen(length);
    if (stream === undefined) return;
    if (flags & frameFlag.rst) stream.remoteReset();
    else if (flags & frameFlag.fin && !this.#finAfter) stream.remoteEnd();
  }

  #data(stream: YamuxStream | undefined, { flags, length }: FrameHeader): void {
    const window = stream?.receiveWindow ?? windowLength;
    if (length > window) throw new ProtocolViolation(`a frame of ${length} bytes where ${window} may come`);
    this.#receiving = stream;
    this.#finAfter = stream !== undefined && length > 0 && (flags & frameFlag.fin) !== 0;
  }

  #payload(bytes: Uint8Array, left: number): void {
    const stream = this.#receiving;
    if (stream === undefined) return;
    this.#unread += bytes.length;
    stream.receive(bytes);
    if (left > 0 || !this.#finAfter) return;
    this.#finAfter = false;
    stream.remoteEnd();
  }

  /** A stream that the peer opens, or undefined if it is refused. */
  #opened({ stream: id }: FrameHeader): YamuxStream | undefined {
    if (id === 0 || this.#isOwn(id))
      throw new ProtocolViolation(`the peer opens stream ${id}, which is not its to open`);
    if (this.#streams.has(id)) throw new ProtocolViolation(`the peer opens stream ${id} twice`);
    if (this.#accept === undefined || this.#streams.size - this.#ownStreams >= mostStreams) {
      this.#refuse(id);
      return undefined;
    }
    this.#refused = 0;
    const stream = new YamuxStream(id, this);
    this.#streams.set(id, stream);
    this.#control(frameType.windowUpdate, frameFlag.ack, id, 0);
    this.#accept(stream);
    return stream;
  }

  #refuse(id: number): void {
    this.#refused++;
    if (this.#refused > mostRefused) throw new ProtocolViolation("the peer opens streams without end");
    this.sendReset(id);
  }

  #isOwn(stream: number): boolean {
    return (stream % 2 === 1) === (this.#side === "client");
  }

  #control(type: number, flags: number, stream: number, length: number): void {
    this.#writer.control(type, flags, stream, length);
  }

  #fail(error: unknown, code?: number): void {
    if (this.#over.signal.aborted) return;
    this.#cause = error;
    this.#end(new StreamClosed("The connection broke", { cause: error }), code);
  }

  /** What was to be sent is sent, and, with a code, why no more is. The peer may be gone or deaf: then it hears neither. */
  #end(reason: StreamClosed, code?: number): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    const lastWords = [this.#writer.takeBatch()];
    if (code !== undefined) {
      lastWords.push(encodeHeader({ type: frameType.goAway, flags: 0, stream: 0, length: code }));
    }
    this.#writer.close(reason);
    for (const bytes of lastWords) if (bytes.length > 0) this.#connection.write(bytes).catch(() => {});
    for (const stream of [...this.#streams.values()]) stream.fail(reason);
    this.#connection.close();
  }
}
