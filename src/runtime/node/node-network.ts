import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIPv6, type Server, type Socket } from "node:net";
import type { Connection, DatagramSocket, Listener, Network } from "../network.ts";
import { ConnectionRoom } from "./connection-room.ts";
import { formatSocketAddress, parseSocketAddress } from "./socket-address.ts";

/** How long a connection that was closed may take to hand over what was written, in milliseconds. */
const lingerTime = 5_000;

/** Sockets of this machine. */
export class NodeNetwork implements Network {
  readonly #room: ConnectionRoom;

  /** Connections that others open take their place in `room`. */
  constructor(room = new ConnectionRoom(Number.POSITIVE_INFINITY)) {
    this.#room = room;
  }

  async listen(address: string, accept: (connection: Connection) => void): Promise<Listener> {
    const server = createServer({ noDelay: true, keepAlive: true });
    const open = new Set<Socket>();
    server.on("connection", (socket) => {
      if (!this.#room.enter(socket)) {
        socket.destroy();
        return;
      }
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      accept(new TcpConnection(socket));
    });
    const { host, port } = parseSocketAddress(address);
    server.listen({ host, port });
    await once(server, "listening");
    return new TcpListener(server, open);
  }

  connect(address: string, signal: AbortSignal): Promise<Connection> {
    return connected(() => connect({ ...parseSocketAddress(address), noDelay: true, keepAlive: true }), signal);
  }

  connectLocal(path: string, signal: AbortSignal): Promise<Connection> {
    return connected(() => connect({ path }), signal);
  }

  async bindDatagram(address: string, received: (from: string, bytes: Uint8Array) => void): Promise<DatagramSocket> {
    const { host, port } = parseSocketAddress(address);
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    socket.on("message", (bytes, from) => received(formatSocketAddress(from.address, from.port), bytes));
    socket.bind({ address: host, port });
    await once(socket, "listening");
    // A datagram that cannot be sent is a lost one: its sender finds out as it does for the others.
    socket.on("error", ignored);
    return new UdpDatagramSocket(socket);
  }
}

async function connected(begin: () => Socket, signal: AbortSignal): Promise<Connection> {
  signal.throwIfAborted();
  const socket = begin();
  try {
    await once(socket, "connect", { signal });
    return new TcpConnection(socket);
  } catch (error) {
    socket.on("error", ignored).destroy();
    throw signal.aborted ? signal.reason : error;
  }
}

class TcpListener implements Listener {
  readonly address: string;
  readonly #server: Server;
  readonly #open: Set<Socket>;

  constructor(server: Server, open: Set<Socket>) {
    this.#server = server;
    this.#open = open;
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("A TCP server has no port");
    this.address = formatSocketAddress(bound.address, bound.port);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}

class TcpConnection implements Connection {
  readonly remoteAddress: string;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = formatSocketAddress(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    // A break is told to whoever reads or writes; without this listener it would end the process.
    socket.on("error", ignored);
  }

  get incoming(): AsyncIterable<Uint8Array> {
    return this.#socket;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    const socket = this.#socket;
    socket.destroySoon();
    if (socket.destroyed) return;
    // A peer that reads nothing must not keep what was written in our memory.
    const timer = setTimeout(() => socket.destroy(), lingerTime).unref();
    socket.once("close", () => clearTimeout(timer));
  }
}

class UdpDatagramSocket implements DatagramSocket {
  readonly address: string;
  readonly #socket: UdpSocket;

  constructor(socket: UdpSocket) {
    this.#socket = socket;
    const bound = socket.address();
    this.address = formatSocketAddress(bound.address, bound.port);
  }

  send(to: string, bytes: Uint8Array): void {
    const { host, port } = parseSocketAddress(to);
    this.#socket.send(bytes, port, host);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }
}

function ignored(): void {}
