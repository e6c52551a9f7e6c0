import { type Duration, later, seconds, shorter, times } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Connection, DatagramSocket, Network } from "../network.ts";

/** Where lines go. */
export interface LineReceiver {
  /** Resolves when they are on their way, or lost. */
  send(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What passes any network in one piece. */
const packetBytes = 1400;
const connectPatience = seconds(5);
const [shortestBackOff, longestBackOff] = [seconds(1), seconds(30)];

/** Sends by UDP, as many lines in a datagram as fit. Nobody tells whether they arrive. */
export class StatsdReceiver implements LineReceiver {
  readonly #network: Network;
  readonly #address: string;
  #socket: Promise<DatagramSocket> | undefined;

  constructor(network: Network, address: string) {
    this.#network = network;
    this.#address = address;
  }

  async send(lines: readonly string[]): Promise<void> {
    this.#socket ??= this.#network.bindDatagram(this.#address.startsWith("[") ? "[::]:0" : "0.0.0.0:0", () => {});
    const socket = await this.#socket;
    for (const packet of packetsOf(lines)) socket.send(this.#address, packet);
  }

  async close(): Promise<void> {
    await (await this.#socket)?.close();
  }
}

function* packetsOf(lines: readonly string[]): Iterable<Uint8Array> {
  let packet: Uint8Array[] = [];
  let length = 0;
  for (const each of lines) {
    const bytes = Buffer.from(each);
    if (length > 0 && length + bytes.length > packetBytes) {
      yield Buffer.concat(packet);
      [packet, length] = [[], 0];
    }
    packet.push(bytes);
    length += bytes.length;
  }
  if (length > 0) yield Buffer.concat(packet);
}

/** Sends by TCP, over a connection that is opened anew when it breaks. What comes in between is lost. */
export class StatsiteReceiver implements LineReceiver {
  readonly #world: { readonly network: Network; readonly clock: Clock; readonly log: Log };
  readonly #address: string;
  #connection: Connection | undefined;
  #notBefore: number = Number.NEGATIVE_INFINITY;
  #backOff: Duration = shortestBackOff;

  constructor(world: { readonly network: Network; readonly clock: Clock; readonly log: Log }, address: string) {
    this.#world = world;
    this.#address = address;
  }

  async send(lines: readonly string[]): Promise<void> {
    try {
      this.#connection ??= await this.#connect();
      await this.#connection?.write(Buffer.from(lines.join("")));
    } catch (error) {
      this.#broke(error);
    }
  }

  async close(): Promise<void> {
    this.#connection?.close();
  }

  /** Undefined while it is too early for another try. */
  async #connect(): Promise<Connection | undefined> {
    const { clock, network } = this.#world;
    if (clock.now() < this.#notBefore) return undefined;
    const tooLate = new AbortController();
    const reason = new Error(`No connection within ${connectPatience / 1e9} s`);
    const stop = clock.at(later(clock.now(), connectPatience), () => tooLate.abort(reason));
    try {
      const connection = await network.connect(this.#address, tooLate.signal);
      this.#backOff = shortestBackOff;
      void this.#watch(connection);
      return connection;
    } finally {
      stop();
    }
  }

  /** The receiver says nothing; that it leaves is seen here. */
  async #watch(connection: Connection): Promise<void> {
    try {
      for await (const _ of connection.incoming);
    } catch {
      // It is the same to us how the connection ended.
    }
    connection.close();
    if (this.#connection === connection) this.#connection = undefined;
  }

  #broke(error: unknown): void {
    const { clock, log } = this.#world;
    this.#connection?.close();
    this.#connection = undefined;
    log.warn("statsite cannot be reached, figures are lost", { address: this.#address, error });
    this.#notBefore = later(clock.now(), this.#backOff);
    this.#backOff = shorter(longestBackOff, times(this.#backOff, 2));
  }
}
