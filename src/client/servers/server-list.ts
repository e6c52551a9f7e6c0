import { type Duration, longer, nanoseconds, type Random, seconds } from "../../base/index.ts";
import { serverAddress } from "./server-address.ts";

/** What a server says of the servers with every registration and heartbeat. */
export interface ServerNews {
  readonly Servers: readonly {
    readonly RPCAdvertiseAddr: string;
    readonly RPCMajorVersion: number;
    readonly Datacenter: string;
  }[];
  /** How many nodes the cluster has. */
  readonly NumNodes: number;
}

/** The version of the calls we make. A server of a newer one may not answer them. */
const majorVersion = 1;
/** No cluster has more servers: whoever names more of them is not heard further. */
const mostServers = 1000;

const rebalanceEvery = seconds(600);
const rebalanceJitter = seconds(300);
/** Rebalancing clients make no more than so many new connections a second to each server, however many they are. */
const connectionsPerSecond = 64;

interface KnownServer {
  readonly address: string;
  /** Primary servers are of the node's own datacenter; others are asked when those are silent. */
  readonly isPrimary: boolean;
}

/**
 * The servers that a client knows, in the order in which it asks them: all calls go to the first, one that fails goes
 * to the end. Every heartbeat's answer says anew who the servers are. Those the operator named are not forgotten over
 * that: when all others are silent they are asked again, for the whole cluster may have moved.
 * Source: Nomad 0.4.1's clients, which ask backup servers only after a rebalancing and forget what was configured.
 */
export class ServerList {
  readonly #random: Random;
  readonly #datacenter: string;
  /** Addresses that the operator named. */
  readonly #named = new Set<string>();
  /** Those that failed since they last answered. */
  readonly #silent = new Set<string>();
  #servers: readonly KnownServer[] = [];
  #nodes = 0;

  /** Knows nobody yet. `datacenter` is the node's own. */
  constructor(random: Random, datacenter: string) {
    this.#random = random;
    this.#datacenter = datacenter;
  }

  /** Whom to ask; undefined when no server is known. */
  get first(): string | undefined {
    return this.#servers[0]?.address;
  }

  /** All servers as `host:port`, in the order in which they are asked. */
  addresses(): readonly string[] {
    return this.#servers.map(({ address }) => address);
  }

  /** Adds servers that the operator names, in an order by chance; a port may be missing. Returns what is no address. */
  add(texts: readonly string[]): readonly string[] {
    const read = texts.map((text) => ({ text, address: serverAddress(text) }));
    const addresses = read.flatMap(({ address }) => address ?? []);
    for (const address of addresses) if (this.#named.size < mostServers) this.#named.add(address);
    this.#append(addresses.map((address) => ({ address, isPrimary: true })));
    return read.filter(({ address }) => address === undefined).map(({ text }) => text);
  }

  /** Takes over who the servers are. News of nobody are no news. */
  learn({ Servers, NumNodes }: ServerNews): void {
    this.#nodes = NumNodes;
    const told = new Map<string, KnownServer>();
    for (const { RPCAdvertiseAddr, RPCMajorVersion, Datacenter } of Servers) {
      const address = serverAddress(RPCAdvertiseAddr);
      if (address === undefined || RPCMajorVersion > majorVersion) continue;
      told.set(address, { address, isPrimary: Datacenter === this.#datacenter });
    }
    if (told.size === 0) return;
    this.#servers = this.#servers.flatMap(({ address }) => told.get(address) ?? []);
    for (const address of this.#silent) if (!told.has(address)) this.#silent.delete(address);
    this.#append([...told.values()]);
  }

  /** Adds servers that somebody else knows, as those to be asked last; returns how many are new. */
  addFound(texts: readonly string[]): number {
    const before = this.#servers.length;
    this.#append(texts.flatMap((text) => serverAddress(text) ?? []).map((address) => ({ address, isPrimary: false })));
    return this.#servers.length - before;
  }

  /** Whether this server has failed since it last answered. */
  isSilent(address: string): boolean {
    return this.#silent.has(address);
  }

  answered(address: string): void {
    this.#silent.delete(address);
  }

  /** A call to this server failed: others come before it. True when another is now the first in its place. */
  failed(address: string): boolean {
    const server = this.#servers.find((each) => each.address === address);
    if (server === undefined) return false;
    const wasFirst = this.first === address;
    this.#servers = [...this.#servers.filter((each) => each !== server), server];
    this.#silent.add(address);
    if (this.#servers.every((each) => this.#silent.has(each.address))) this.#recallNamed();
    return wasFirst && this.first !== address;
  }

  /** The same servers in an order by chance, the primary ones before the others: whom to try when rebalancing. */
  shuffled(): readonly string[] {
    return this.#inOrder(this.#servers).map(({ address }) => address);
  }

  /** Takes over an order; servers that are not in it come last. */
  reorder(addresses: readonly string[]): void {
    const places = new Map(addresses.map((address, place) => [address, place]));
    const place = ({ address }: KnownServer) => places.get(address) ?? addresses.length;
    this.#servers = this.#servers.toSorted((a, b) => place(a) - place(b));
  }

  /** How long until the next rebalancing: the more nodes a server has, the less often each changes its server. */
  nextRebalance(): Duration {
    const nodesPerServer = this.#nodes / Math.max(this.#servers.length, 1);
    const usual = nanoseconds(rebalanceEvery + rebalanceJitter * this.#random.fraction());
    return longer(usual, seconds(nodesPerServer / connectionsPerSecond));
  }

  #recallNamed(): void {
    const known = new Set(this.addresses());
    const missing = [...this.#named].filter((address) => !known.has(address));
    const recalled = missing.map((address) => ({ address, isPrimary: true }));
    // Nobody who is known answers: those who have not been tried are tried next.
    this.#servers = [...this.#inOrder(recalled), ...this.#servers];
  }

  #append(servers: readonly KnownServer[]): void {
    const known = new Set(this.addresses());
    const unknown = new Map(servers.map((server) => [server.address, server]));
    for (const address of known) unknown.delete(address);
    this.#servers = [...this.#servers, ...this.#inOrder([...unknown.values()])].slice(0, mostServers);
  }

  #inOrder(servers: readonly KnownServer[]): readonly KnownServer[] {
    const chance = servers.map((server) => ({ server, place: this.#random.fraction() }));
    return chance
      .sort((a, b) => Number(b.server.isPrimary) - Number(a.server.isPrimary) || a.place - b.place)
      .map(({ server }) => server);
  }
}
