import { type Duration, type Instant, later, microseconds, type Random, times, WakeUp } from "../base/index.ts";
import type { Connection, DatagramSocket, Listener, Network } from "../runtime/index.ts";
import type { VirtualTime } from "./virtual-time.ts";

const shortestDelay = microseconds(50);
const mostBytesOnTheWay = 1 << 20;

/** A network in memory: what is sent arrives whole and in order, after a delay that the seed draws. */
export class SimNetwork {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  readonly #sockets = new Map<string, (from: string, bytes: Uint8Array) => void>();

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** The network as the host with this address sees it. */
  at(host: string): Network {
    let port = 40_000;
    return {
      listen: async (address, accept) => {
        if (this.#listeners.has(address)) throw coded("EADDRINUSE", `listen ${address}: address already in use`);
        this.#listeners.set(address, accept);
        return this.#listening(address);
      },
      connect: async (address, signal) => {
        await this.#time.sleep(this.#delay(), signal);
        const accept = this.#listeners.get(address);
        if (accept === undefined) throw coded("ECONNREFUSED", `connect ${address}: connection refused`);
        const [ours, theirs] = this.#connected(address, `${host}:${port++}`);
        accept(theirs);
        return ours;
      },
      bindDatagram: async (address, received) => {
        if (this.#sockets.has(address)) throw coded("EADDRINUSE", `bind ${address}: address already in use`);
        this.#sockets.set(address, received);
        return this.#bound(address);
      },
    };
  }

  #listening(address: string): Listener {
    return { address, close: async () => void this.#listeners.delete(address) };
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

  #connected(server: string, client: string): [Connection, Connection] {
    const [toServer, toClient] = [this.#pipe(), this.#pipe()];
    const close = () => {
      toServer.end();
      toClient.end();
    };
    return [
      { remoteAddress: server, incoming: toClient.bytes(), write: (bytes) => toServer.write(bytes), close },
      { remoteAddress: client, incoming: toServer.bytes(), write: (bytes) => toClient.write(bytes), close },
    ];
  }

  #pipe(): Pipe {
    return new Pipe(this.#time, () => this.#delay());
  }

  #delay(): Duration {
    return times(shortestDelay, 1 + this.#random.fraction() * 9);
  }
}

/** One direction of a connection. */
class Pipe {
  readonly #time: VirtualTime;
  readonly #delay: () => Duration;
  readonly #arrived: Uint8Array[] = [];
  readonly #changed = new WakeUp();
  readonly #never = new AbortController().signal;
  #bytesOnTheWay = 0;
  #lastArrival: Instant | undefined;
  #ended = false;

  constructor(time: VirtualTime, delay: () => Duration) {
    this.#time = time;
    this.#delay = delay;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) throw coded("EPIPE", "the connection is closed");
    const copy = Uint8Array.from(bytes);
    this.#bytesOnTheWay += copy.length;
    const arrival = later(this.#time.now(), this.#delay());
    this.#lastArrival = this.#lastArrival !== undefined && this.#lastArrival > arrival ? this.#lastArrival : arrival;
    this.#time.at(this.#lastArrival, () => {
      this.#arrived.push(copy);
      this.#changed.notify();
    });
    while (this.#bytesOnTheWay > mostBytesOnTheWay && !this.#ended) await this.#changed.wait(this.#never);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#changed.notify();
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#arrived.shift();
      if (chunk !== undefined) {
        this.#bytesOnTheWay -= chunk.length;
        this.#changed.notify();
        yield chunk;
      } else if (this.#ended) return;
      else await this.#changed.wait(this.#never);
    }
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
