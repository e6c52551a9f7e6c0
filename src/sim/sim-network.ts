import { type Duration, firstOf, later, microseconds, type Random, times } from "../base/index.ts";
import type { Connection, DatagramSocket, Listener, Network } from "../runtime/index.ts";
import { Gate } from "./gate.ts";
import { Links } from "./links.ts";
import { SimPipe } from "./sim-pipe.ts";
import type { VirtualTime } from "./virtual-time.ts";

const shortestDelay = microseconds(50);
/** The first port that is given where none was asked for. */
const firstFreePort = 40_000;

/** A host from when it comes up until it crashes. */
interface HostLife {
  readonly host: string;
  readonly gate: Gate;
  isOver: boolean;
}

interface LiveConnection {
  readonly ends: readonly [client: HostLife, server: HostLife];
  readonly toServer: SimPipe;
  readonly toClient: SimPipe;
}

/**
 * A network in memory: what is sent arrives whole and in order, after a delay that the seed draws. Faults are for
 * others to decide: they cut links, reset connections, slow everything down, and have datagrams lost.
 */
export class SimNetwork {
  readonly links = new Links();
  /** How many times longer than usual everything takes. */
  slowness = 1;
  /** The part of all datagrams that is lost, from 0 to 1. */
  datagramLoss = 0;
  /** The part of all datagrams that arrives twice, from 0 to 1. */
  datagramsTwice = 0;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #listeners = new Map<string, SimListener>();
  readonly #sockets = new Map<string, SimSocket>();
  readonly #lives = new Map<string, HostLife>();
  readonly #connections = new Set<LiveConnection>();

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** The network as the host with this address sees it, from now until it crashes. What comes there passes `gate`. */
  at(host: string, gate = new Gate()): Network {
    const life: HostLife = { host, gate, isOver: false };
    this.#lives.set(host, life);
    let port = firstFreePort;
    const bound = (asked: string) => asked.replace(/:0$/, () => `:${port++}`);
    return {
      listen: async (asked, accept) => {
        const address = bound(asked);
        if (this.#listeners.has(address)) throw coded("EADDRINUSE", `listen ${address}: address already in use`);
        const listener = new SimListener(address, life, accept, () => this.#listeners.delete(address));
        this.#listeners.set(address, listener);
        return listener;
      },
      connect: async (address, signal) => {
        await this.#thereAndBack(life, hostOf(address), signal);
        if (life.isOver) return new Promise<never>(() => {});
        const listener = this.#listeners.get(address);
        if (listener === undefined) throw coded("ECONNREFUSED", `connect ${address}: connection refused`);
        return this.#connected(life, `${host}:${port++}`, listener);
      },
      connectLocal: async (path) => {
        throw coded("ENOENT", `connect ${path}: no such file or directory`);
      },
      bindDatagram: async (asked, received) => {
        const address = bound(asked);
        if (this.#sockets.has(address)) throw coded("EADDRINUSE", `bind ${address}: address already in use`);
        this.#sockets.set(address, { life, received });
        return this.#bound(address, life);
      },
    };
  }

  /** A host is gone at once: nobody listens there any more, and its peers find their connections reset. */
  crash(host: string): void {
    const life = this.#lives.get(host);
    if (life === undefined) return;
    life.isOver = true;
    for (const [address, listener] of this.#listeners) if (listener.life === life) this.#listeners.delete(address);
    for (const [address, socket] of this.#sockets) if (socket.life === life) this.#sockets.delete(address);
    for (const connection of this.#connections) if (connection.ends.includes(life)) this.#reset(connection);
  }

  /** Tears all connections between two hosts. */
  resetConnections(one: string, other: string): void {
    for (const connection of this.#connections) {
      const hosts = connection.ends.map(({ host }) => host);
      if (hosts.includes(one) && hosts.includes(other)) this.#reset(connection);
    }
  }

  #connected(client: HostLife, clientAddress: string, listener: SimListener): Connection {
    const server = listener.life;
    const pipe = (from: HostLife, to: HostLife) =>
      new SimPipe(
        this.#time,
        () => this.#delay(),
        (act) => this.links.pass({ from: from.host, to: to.host }, () => to.gate.pass(act)),
      );
    const [toServer, toClient] = [pipe(client, server), pipe(server, client)];
    const connection: LiveConnection = { ends: [client, server], toServer, toClient };
    this.#connections.add(connection);
    const closed = () => this.#connections.delete(connection);
    server.gate.pass(() => {
      if (!server.isOver) listener.connected(clientAddress, toServer, toClient, closed);
    });
    return endOf(listener.address, toClient, toServer, closed);
  }

  /** Each end hears of it when the other could tell it. */
  #reset({ ends: [client, server], toServer, toClient }: LiveConnection): void {
    const hears = (from: HostLife, to: HostLife, act: () => void) =>
      this.links.pass({ from: from.host, to: to.host }, () => to.gate.pass(act));
    hears(client, server, () => torn(toServer, toClient));
    hears(server, client, () => torn(toClient, toServer));
  }

  #thereAndBack({ host: from, gate }: HostLife, to: string, signal: AbortSignal): Promise<void> {
    const arrival = later(this.#time.now(), this.#delay());
    return firstOf(signal, (back) =>
      this.#time.at(arrival, () =>
        this.links.pass({ from, to }, () => this.links.pass({ from: to, to: from }, () => gate.pass(back))),
      ),
    ).then(() => signal.throwIfAborted());
  }

  #bound(address: string, life: HostLife): DatagramSocket {
    return {
      address,
      send: (to, bytes) => {
        const isLost = this.datagramLoss > 0 && this.#random.fraction() < this.datagramLoss;
        if (isLost || life.isOver || this.links.isCut({ from: life.host, to: hostOf(to) })) return;
        const copy = new Uint8Array(bytes);
        const isTwice = this.datagramsTwice > 0 && this.#random.fraction() < this.datagramsTwice;
        for (let times = isTwice ? 2 : 1; times > 0; times--) this.#deliver(address, to, copy);
      },
      close: async () => {
        if (this.#sockets.get(address)?.life === life) this.#sockets.delete(address);
      },
    };
  }

  /** Each datagram takes its own time: one may overtake another. */
  #deliver(from: string, to: string, bytes: Uint8Array): void {
    const arrival = later(this.#time.now(), this.#delay());
    this.#time.at(arrival, () => {
      const socket = this.#sockets.get(to);
      socket?.life.gate.pass(() => {
        if (!socket.life.isOver) socket.received(from, bytes);
      });
    });
  }

  #delay(): Duration {
    return times(shortestDelay, (1 + this.#random.fraction() * 9) * this.slowness);
  }
}

interface SimSocket {
  readonly life: HostLife;
  readonly received: (from: string, bytes: Uint8Array) => void;
}

class SimListener implements Listener {
  readonly address: string;
  readonly life: HostLife;
  readonly #accept: (connection: Connection) => void;
  readonly #closed: () => void;
  readonly #open = new Set<Connection>();
  #isClosed = false;

  constructor(address: string, life: HostLife, accept: (connection: Connection) => void, closed: () => void) {
    this.address = address;
    this.life = life;
    this.#accept = accept;
    this.#closed = closed;
  }

  connected(client: string, incoming: SimPipe, outgoing: SimPipe, closed: () => void): void {
    const connection = endOf(client, incoming, outgoing, () => {
      this.#open.delete(connection);
      closed();
    });
    this.#open.add(connection);
    this.#accept(connection);
  }

  async close(): Promise<void> {
    if (!this.#isClosed && !this.life.isOver) this.#closed();
    this.#isClosed = true;
    for (const connection of [...this.#open]) connection.close();
  }
}

/** One end of a connection. To close it, or to stop reading from it, ends both directions. */
function endOf(remoteAddress: string, incoming: SimPipe, outgoing: SimPipe, closed: () => void): Connection {
  const close = () => {
    closed();
    incoming.leave();
    // The other end learns of it when the end has come there, and can send nothing from then on.
    outgoing.close(() => incoming.break());
  };
  return { remoteAddress, incoming: new Incoming(incoming, close), write: (bytes) => outgoing.write(bytes), close };
}

/** The end that reads from `incoming` and writes to `outgoing` hears that the connection is torn. */
function torn(incoming: SimPipe, outgoing: SimPipe): void {
  incoming.reset();
  outgoing.break();
}

/** What comes over a connection. Whoever has heard the end of it, or stops reading, has closed it. */
class Incoming implements AsyncIterableIterator<Uint8Array> {
  readonly #pipe: SimPipe;
  readonly #close: () => void;
  #isOver = false;

  constructor(pipe: SimPipe, close: () => void) {
    this.#pipe = pipe;
    this.#close = close;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return Promise.resolve(theEnd);
    return this.#pipe.next(this.#ended);
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#ended();
    return theEnd;
  }

  readonly #ended = () => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close();
  };
}

const theEnd = { done: true, value: undefined } as const;

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
