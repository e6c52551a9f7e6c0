import type { Duration } from "../base/index.ts";
import type { HttpClient, HttpTls } from "./http-client.ts";
import type { Listener } from "./network.ts";

/** One request, its head read and its body still on the way. */
export interface HttpRequest {
  readonly method: string;
  /** The target as it was sent: path and query, escapes untouched. */
  readonly target: string;
  /** Names in lower case; of a repeated header the values joined by `, `. No prototype. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  /** Chunks as they come; rejects when the peer goes away in the middle. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Where the answer goes. `begin` is called once, then `write` any number of times, then `end`. */
export interface HttpResponse {
  readonly begun: boolean;
  /** With `gzip` the body is compressed on its way, and every `write` is flushed so that the peer can read it. */
  begin(status: number, headers: Readonly<Record<string, string>>, options?: { readonly gzip?: boolean }): void;
  /** Resolves when there is room for more and other work has had its turn; rejects when the peer has gone. */
  write(bytes: Uint8Array | string): Promise<void>;
  end(bytes?: Uint8Array | string): Promise<void>;
  /** Breaks the connection: the only way to say that an answer already begun is not whole. */
  destroy(): void;
}

/**
 * Answers one request. `signal` fires when the peer goes away or the listener closes.
 * Must not reject: whatever goes wrong is an answer.
 */
export type HttpHandler = (request: HttpRequest, response: HttpResponse, signal: AbortSignal) => Promise<void>;

export interface HttpLimits {
  /** Request line and headers together; more is answered with 431. */
  readonly headBytes: number;
  /** Headers beyond this number are answered with 431. */
  readonly headers: number;
  /** How long a peer may take to send the head of a request. */
  readonly headTime: Duration;
  /** How long a connection without a request is kept. */
  readonly idleTime: Duration;
  /** How long a peer may take nothing of an answer before the connection is broken. */
  readonly stallTime: Duration;
  /** Connections from one address at once; who comes beyond it is answered with 429. Infinite if there is no limit. */
  readonly connectionsPerAddress: number;
}

/** Speaks HTTP with others. There is one for real sockets and one for the simulator. */
export interface HttpServing {
  /**
   * Asks whoever listens at `address` at the time of each request, without any proxy: `host:port`, or the absolute path
   * of a Unix socket. With `tls` the connection is encrypted, and the server proves itself by one of the authorities.
   */
  client(address: string, options?: { readonly tls?: HttpTls }): HttpClient;
  /**
   * Rejects with a Node error code (`EADDRINUSE`, `EACCES`) when the address cannot be bound. Closing the listener
   * takes no new connection, drops idle ones, ends the requests under way by their signal and resolves when they are done.
   */
  listen(address: string, limits: HttpLimits, handle: HttpHandler): Promise<Listener>;
}
