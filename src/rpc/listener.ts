import { ByteBudget, type Duration, later, seconds } from "../base/index.ts";
import { type Connection, type Listener, type Log, QuietLog, type Runtime } from "../runtime/index.ts";
import { InvalidMsgpack } from "../wire/index.ts";
import { ProtocolViolation } from "./errors.ts";
import { firstByte, type Opened, readFirstByte } from "./first-byte.ts";
import { LargeReplies } from "./large-replies.ts";
import { type CallService, serveCalls } from "./serve-calls.ts";
import { mostStreams, YamuxSession } from "./yamux.ts";
import type { YamuxStream } from "./yamux-stream.ts";

/** How long a connection may say nothing, or not finish what it has to say first. */
const handshakeTimeout: Duration = seconds(5);
/** Bytes of large requests and replies in memory at once, over all connections. */
const largeMessages = 256 * 1024 * 1024;
/** The same of one connection: more than the largest message. */
const largeMessagesOfOne = 96 * 1024 * 1024;

/** Takes over a connection after its first byte; the connection is closed when it returns or throws. */
export type ConnectionHandler = (connection: Connection) => Promise<void>;

export interface RpcListenerOptions extends Pick<CallService, "handlers" | "unpack"> {
  /** Who speaks what else on this port, by first byte, for instance Raft. `rpc` and `multiplex` are served here. */
  readonly protocols?: ReadonlyMap<number, ConnectionHandler>;
  /** Connections from one address at once; more are closed. Without it there is no limit. */
  readonly mostPerAddress?: number;
  /** Connections at once; more are closed. */
  readonly mostConnections?: number;
}

/** A server's RPC port: the first byte of each connection says who serves it. */
export class RpcListener {
  readonly #runtime: Pick<Runtime, "clock" | "metrics">;
  readonly #options: RpcListenerOptions;
  readonly #log: Log;
  readonly #strangers: QuietLog;
  readonly #budget = new ByteBudget(largeMessages);
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #perHost = new Map<string, number>();
  #listener: Listener | undefined;
  #closed = false;

  /** Rejects as `Network.listen` does when the address cannot be bound. */
  static async listen(
    runtime: Pick<Runtime, "clock" | "metrics" | "network" | "log">,
    address: string,
    options: RpcListenerOptions,
  ): Promise<RpcListener> {
    const listener = new RpcListener(runtime, options);
    listener.#listener = await runtime.network.listen(address, (connection) => listener.#accept(connection));
    return listener;
  }

  private constructor(runtime: Pick<Runtime, "clock" | "metrics" | "log">, options: RpcListenerOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#log = runtime.log.named("rpc");
    this.#strangers = new QuietLog(runtime.clock, this.#log);
  }

  /** The address that was really bound, as `host:port`. */
  get address(): string {
    return this.#listener?.address ?? "";
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Ends all connections; resolves when all handlers have returned. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of this.#connections.keys()) connection.close();
    await this.#listener?.close();
    await Promise.all(this.#connections.values());
  }

  #accept(connection: Connection): void {
    const host = hostOf(connection.remoteAddress);
    if (this.#closed || !this.#hasRoom(host)) {
      if (!this.#closed) this.#strangers.warn("too many connections", { from: connection.remoteAddress });
      connection.close();
      return;
    }
    this.#runtime.metrics.count(["nomad", "rpc", "accept_conn"]);
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1);
    const served = this.#serve(connection).finally(() => {
      connection.close();
      this.#connections.delete(connection);
      this.#leave(host);
    });
    this.#connections.set(connection, served);
  }

  #hasRoom(host: string): boolean {
    const { mostPerAddress = Number.POSITIVE_INFINITY, mostConnections = Number.POSITIVE_INFINITY } = this.#options;
    return (this.#perHost.get(host) ?? 0) < mostPerAddress && this.#connections.size < mostConnections;
  }

  #leave(host: string): void {
    const left = (this.#perHost.get(host) ?? 1) - 1;
    if (left === 0) this.#perHost.delete(host);
    else this.#perHost.set(host, left);
  }

  /** Never rejects: what goes wrong with a connection ends that connection. */
  async #serve(connection: Connection): Promise<void> {
    const { clock } = this.#runtime;
    let silent = false;
    const heard = clock.at(later(clock.now(), handshakeTimeout), () => {
      silent = true;
      connection.close();
    });
    try {
      const opened = await readFirstByte(connection);
      if (opened !== undefined) await this.#dispatch(opened, heard);
      else if (silent) this.#log.debug("connection said nothing", { from: connection.remoteAddress });
    } catch (error) {
      this.#broke(connection, error);
    } finally {
      heard();
    }
  }

  async #dispatch({ byte, connection }: Opened, heard: () => void): Promise<void> {
    const other = this.#options.protocols?.get(byte);
    if (byte === firstByte.multiplex) await this.#multiplexed(connection, heard);
    else if (byte === firstByte.rpc) await serveCalls(this.#runtime, connection, this.#service(heard));
    else if (other !== undefined) {
      heard();
      await other(connection);
    } else this.#strangers.warn("unrecognized first byte", { byte, from: connection.remoteAddress });
  }

  async #multiplexed(connection: Connection, heard: () => void): Promise<void> {
    const { clock } = this.#runtime;
    const service = this.#service();
    const streams = new Set<Promise<void>>();
    const accept = (stream: YamuxStream) => {
      // A stream that was reset is gone, its handler perhaps not yet: both are counted.
      if (streams.size >= mostStreams) {
        stream.reset();
        return;
      }
      const served: Promise<void> = serveCalls(this.#runtime, stream, service)
        .catch((error) => session.disconnect(error))
        .finally(() => streams.delete(served));
      streams.add(served);
    };
    const session = new YamuxSession(clock, connection, { side: "server", accept, heard });
    try {
      await session.run();
    } finally {
      await Promise.all(streams);
    }
  }

  #service(heard?: () => void): CallService {
    const { handlers, unpack } = this.#options;
    const budget = new ByteBudget(largeMessagesOfOne, this.#budget);
    return { handlers, unpack, budget, replies: new LargeReplies(budget), log: this.#log, heard };
  }

  #broke({ remoteAddress: from }: Connection, error: unknown): void {
    const rude = error instanceof ProtocolViolation || error instanceof InvalidMsgpack;
    const fields = { from, error: error instanceof Error ? error.message : String(error) };
    if (rude) this.#strangers.warn("peer breaks the rules, disconnected", fields);
    else this.#log.debug("connection broke", fields);
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
