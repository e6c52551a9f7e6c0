import { type Duration, later, microseconds, type Random, times } from "../base/index.ts";
import type { Connection, DatagramSocket, Listener, Network } from "../runtime/index.ts";
import { SimPipe } from "./sim-pipe.ts";
import type { VirtualTime } from "./virtual-time.ts";

const shortestDelay = microseconds(50);
/** The first port that is given where none was asked for. */
const firstFreePort = 40_000;

/** A network in memory: what is sent arrives whole and in order, after a delay that the seed draws. */
export class SimNetwork {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #listeners = new Map<string, SimListener>();
  readonly #sockets = new Map<string, (from: string, bytes: Uint8Array) => void>();

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** The network as the host with this address sees it. */
  at(host: string): Network {
    let port = firstFreePort;
    const bound = (asked: string) => asked.replace(/:0$/, () => `:${port++}`);
    return {
      listen: async (asked, accept) => {
        const address = bound(asked);
        if (this.#listeners.has(address)) throw coded("EADDRINUSE", `listen ${address}: address already in use`);
        const listener = new SimListener(address, accept, () => this.#listeners.delete(address));
        this.#listeners.set(address, listener);
        return listener;
      },
      connect: async (address, signal) => {
        await this.#time.sleep(this.#delay(), signal);
        const listener = this.#listeners.get(address);
        if (listener === undefined) throw coded("ECONNREFUSED", `connect ${address}: connection refused`);
        const pipe = () => new SimPipe(this.#time, () => this.#delay());
        const [toServer, toClient] = [pipe(), pipe()];
        listener.connected(`${host}:${port++}`, toServer, toClient);
        return endOf(address, toClient, toServer);
      },
      bindDatagram: async (asked, received) => {
        const address = bound(asked);
        if (this.#sockets.has(address)) throw coded("EADDRINUSE", `bind ${address}: address already in use`);
        this.#sockets.set(address, received);
        return this.#bound(address);
      },
    };
  }

  #bound(address: string): DatagramSocket {
    return {
      address,
      send: (to, bytes) => {
        const copy = Uint8Array.from(bytes);
        this.#time.at(later(this.#time.now(), this.#delay()), () => this.#sockets.get(to)?.(address, copy));
      },
      close: async () => void this.#sockets.delete(address),
    };
  }

  #delay(): Duration {
    return times(shortestDelay, 1 + this.#random.fraction() * 9);
  }
}

class SimListener implements Listener {
  readonly address: string;
  readonly #accept: (connection: Connection) => void;
  readonly #closed: () => void;
  readonly #open = new Set<Connection>();

  constructor(address: string, accept: (connection: Connection) => void, closed: () => void) {
    this.address = address;
    this.#accept = accept;
    this.#closed = closed;
  }

  connected(client: string, incoming: SimPipe, outgoing: SimPipe): void {
    const connection = endOf(client, incoming, outgoing, () => this.#open.delete(connection));
    this.#open.add(connection);
    this.#accept(connection);
  }

  async close(): Promise<void> {
    this.#closed();
    for (const connection of [...this.#open]) connection.close();
  }
}

/** One end of a connection. To close it, or to stop reading from it, ends both directions. */
function endOf(remoteAddress: string, incoming: SimPipe, outgoing: SimPipe, closed = () => {}): Connection {
  const close = () => {
    closed();
    incoming.leave();
    // The other end learns of it when the end has come there, and can send nothing from then on.
    outgoing.close(() => incoming.break());
  };
  return { remoteAddress, incoming: readUntilLeft(incoming, close), write: (bytes) => outgoing.write(bytes), close };
}

async function* readUntilLeft(incoming: SimPipe, close: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming.bytes();
  } finally {
    close();
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
