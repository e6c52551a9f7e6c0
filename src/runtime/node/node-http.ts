import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { inMilliseconds } from "../../base/index.ts";
import type { HttpClient, HttpTls } from "../http-client.ts";
import type { HttpHandler, HttpLimits, HttpServing } from "../http-listener.ts";
import type { Listener } from "../network.ts";
import { ConnectionRoom } from "./connection-room.ts";
import { createServer } from "./http-module.ts";
import { NodeHttpClient } from "./node-http-client.ts";
import { NodeHttpRequest } from "./node-http-request.ts";
import { NodeHttpResponse } from "./node-http-response.ts";
import { SilentConnections } from "./silent-connections.ts";
import { formatSocketAddress, parseSocketAddress } from "./socket-address.ts";

/** How often connections are looked at for being too slow, in milliseconds. */
const checkEvery = 1_000;
/** How long a peer that was refused may go on sending, so that it comes to read why, in milliseconds. */
const lingering = 500;
/** How long requests under way have to end when the listener closes, in milliseconds. */
const closingTime = 2_000;

/** HTTP/1.1 on sockets of this machine, by Node's strict parser. */
export class NodeHttpServing implements HttpServing {
  readonly #room: ConnectionRoom;

  /** Connections take their place in `room`. */
  constructor(room = new ConnectionRoom(Number.POSITIVE_INFINITY)) {
    this.#room = room;
  }

  client(address: string, { tls }: { readonly tls?: HttpTls } = {}): HttpClient {
    if (address.startsWith("/")) return new NodeHttpClient("http://localhost", { socketPath: address });
    return tls === undefined
      ? new NodeHttpClient(`http://${address}`)
      : new NodeHttpClient(`https://${address}`, { tls });
  }

  async listen(address: string, limits: HttpLimits, handle: HttpHandler): Promise<Listener> {
    const server = createServer({
      maxHeaderSize: limits.headBytes,
      headersTimeout: inMilliseconds(limits.headTime),
      // A body has as long as it keeps coming: whoever reads it sees to its pace.
      requestTimeout: 0,
      keepAliveTimeout: inMilliseconds(limits.idleTime),
      connectionsCheckingInterval: checkEvery,
      insecureHTTPParser: false,
      requireHostHeader: false,
    });
    // The parser drops headers beyond the count: one more than allowed is kept, to be seen and refused.
    server.maxHeadersCount = limits.headers + 1;
    const listener = new NodeHttpListener(server, this.#room, limits, handle);
    const { host, port } = parseSocketAddress(address);
    server.listen({ host, port });
    await once(server, "listening");
    return listener;
  }
}

class NodeHttpListener implements Listener {
  readonly #server: Server;
  readonly #room: ConnectionRoom;
  readonly #limits: HttpLimits;
  readonly #handle: HttpHandler;
  readonly #underWay = new Map<Promise<void>, () => void>();
  readonly #refused = new WeakSet<Duplex>();
  readonly #perHost = new Map<string, number>();
  readonly #silent: SilentConnections;
  /** One for all connections, of which there may be many; called on the one that closes. */
  readonly #leaves: (this: Socket) => void;
  #closing = false;

  constructor(server: Server, room: ConnectionRoom, limits: HttpLimits, handle: HttpHandler) {
    this.#server = server;
    this.#room = room;
    this.#limits = limits;
    this.#handle = handle;
    const perHost = this.#perHost;
    this.#leaves = function leaves(this: Socket) {
      const host = this.remoteAddress ?? "";
      const left = (perHost.get(host) ?? 1) - 1;
      if (left === 0) perHost.delete(host);
      else perHost.set(host, left);
    };
    const [serve] = server.listeners("connection") as [(this: Server, socket: Socket) => void];
    server.removeAllListeners("connection");
    server.on("connection", (socket) => this.#accept(socket));
    this.#silent = new SilentConnections(
      { speaks: (socket) => serve.call(server, socket), late: (socket) => this.#refuse(socket, "408 Request Timeout") },
      { patience: inMilliseconds(limits.headTime), interval: checkEvery },
    );
    server.on("request", (request, response) => this.#serve(request, response));
    server.on("connect", (_request, socket: Duplex) => this.#refuse(socket, "405 Method Not Allowed"));
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => this.#refuse(socket, statusOf(error)));
  }

  get address(): string {
    const bound = this.#server.address();
    if (bound === null || typeof bound === "string") throw new Error("An HTTP server has no port");
    return formatSocketAddress(bound.address, bound.port);
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#silent.close();
    for (const hurry of this.#underWay.values()) hurry();
    const late = setTimeout(() => this.#server.closeAllConnections(), closingTime);
    await Promise.all(this.#underWay.keys());
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(late);
  }

  /**
   * Turns away who comes when there is no room. Those who were answered and have not asked again give way then, so that
   * nobody can shut others out by doing nothing.
   */
  #accept(socket: Socket): void {
    const status = this.#isOneTooMany(socket)
      ? "429 Too Many Requests"
      : this.#room.enter(socket)
        ? undefined
        : "503 Service Unavailable";
    if (status !== undefined) {
      this.#server.closeIdleConnections();
      this.#turnAway(socket, status);
      return;
    }
    if (this.#areCounted) {
      const host = socket.remoteAddress ?? "";
      this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1);
      socket.on("close", this.#leaves);
    }
    this.#silent.add(socket);
  }

  /** Without a limit for an address nobody is asked for it: that takes memory, and connections may be many. */
  get #areCounted(): boolean {
    return Number.isFinite(this.#limits.connectionsPerAddress);
  }

  #isOneTooMany(socket: Socket): boolean {
    if (!this.#areCounted) return false;
    return (this.#perHost.get(socket.remoteAddress ?? "") ?? 0) >= this.#limits.connectionsPerAddress;
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (this.#refused.has(incoming.socket)) return;
    if (this.#closing) outgoing.shouldKeepAlive = false;
    if (incoming.rawHeaders.length / 2 > this.#limits.headers) {
      this.#refuse(incoming.socket, "431 Request Header Fields Too Large");
      return;
    }
    if (isUnclear(incoming)) {
      this.#refuse(incoming.socket, "400 Bad Request");
      return;
    }
    const leaving = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) leaving.abort(new Error("The peer has closed the connection"));
    });
    const served = this.#handle(
      new NodeHttpRequest(incoming),
      new NodeHttpResponse(incoming, outgoing, this.#limits.stallTime),
      leaving.signal,
    );
    this.#underWay.set(served, () => {
      outgoing.shouldKeepAlive = false;
      leaving.abort(new Error("The HTTP server is shutting down"));
    });
    served.finally(() => {
      this.#underWay.delete(served);
      if (!outgoing.writableEnded) outgoing.destroy();
      // One that was kept alive before closing began would otherwise wait for a next request.
      if (this.#closing) this.#server.closeIdleConnections();
    });
  }

  /** Answers and closes at once: there is no descriptor to spare for one who lingers. */
  #turnAway(socket: Socket, status: string): void {
    this.#refused.add(socket);
    socket.on("error", () => socket.destroy());
    socket.end(bareAnswer(status));
    socket.destroySoon();
  }

  /** Answers what never became a request. The parser may complain again about what the peer goes on to send. */
  #refuse(socket: Duplex, status: string): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    socket.on("error", () => socket.destroy());
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(bareAnswer(status));
    socket.resume();
    const over = setTimeout(() => socket.destroy(), lingering);
    socket.once("close", () => clearTimeout(over));
  }
}

/**
 * What Node's parser takes, but those before us may read differently: two hosts, none (which only HTTP 1.0 allows), and
 * HTTP without headers.
 */
function isUnclear({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === "host") hosts++;
  if (httpVersion === "1.0") return hosts > 1;
  return httpVersion !== "1.1" || hosts !== 1;
}

/** A whole answer, for those who get no other. */
function bareAnswer(status: string): string {
  const text = status.slice(4);
  const headers = `Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${text.length}`;
  return `HTTP/1.1 ${status}\r\n${headers}\r\nConnection: close\r\n\r\n${text}`;
}

function statusOf(error: NodeJS.ErrnoException): string {
  if (error.code === "HPE_HEADER_OVERFLOW") return "431 Request Header Fields Too Large";
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return "408 Request Timeout";
  return "400 Bad Request";
}
