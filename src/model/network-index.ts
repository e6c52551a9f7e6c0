import type { Random } from "../base/index.ts";
import { addressesOf } from "./addresses.ts";
import { type Allocation, isTerminalAllocation } from "./allocation.ts";
import type { Node } from "./node.ts";
import type { NetworkResource, Port } from "./resources.ts";

/** Dynamic ports are drawn from 20000 to 59999; a node that is nearly full may give 60000 too. */
const lowestDynamicPort = 20_000;
const highestDynamicPort = 60_000;
const portCount = 65_536;
/** Draws for one port before the free ones are counted out instead. */
const drawsPerPort = 20;

/** A network for a task, or why there is none, in the words that metrics show. */
export type NetworkOffer =
  | { readonly ok: true; readonly network: NetworkResource }
  | { readonly ok: false; readonly reason: string };

/** The ports and the bandwidth of a node as they would be with `allocations`; those that are over hold none. */
export function networkIndexOf(
  node: Node,
  allocations: Iterable<Pick<Allocation, "DesiredStatus" | "ClientStatus" | "TaskResources">>,
): NetworkIndex {
  const index = new NetworkIndex(node);
  for (const allocation of allocations) {
    if (isTerminalAllocation(allocation)) continue;
    for (const granted of Object.values(allocation.TaskResources)) {
      if (granted.Networks[0] !== undefined) index.reserve(granted.Networks[0]);
    }
  }
  return index;
}

/**
 * Which ports are taken on which address of a node, and how much bandwidth on which device. A task has one network
 * at most: the first it asks for.
 */
export class NetworkIndex {
  readonly #networks: readonly NetworkResource[];
  readonly #takenPorts = new Map<string, Set<number>>();
  readonly #bandwidth = new Map<string, number>();
  readonly #usedBandwidth = new Map<string, number>();
  #collision = false;

  constructor(node: Node) {
    this.#networks = (node.Resources?.Networks ?? []).filter((network) => network.Device !== "");
    for (const network of this.#networks) this.#bandwidth.set(network.Device, network.MBits);
    for (const network of node.Reserved?.Networks ?? []) this.reserve(network);
    // What a node keeps from all is nobody's, however often it is named.
    this.#collision = false;
  }

  /** True once a port was reserved twice on one address, or beside the node itself, or lies outside of 0 to 65535. */
  get hasCollision(): boolean {
    return this.#collision;
  }

  /** True if some device gives more bandwidth than it has. */
  get isOvercommitted(): boolean {
    return [...this.#usedBandwidth].some(([device, used]) => used > (this.#bandwidth.get(device) ?? 0));
  }

  /** Notes what `network` holds: its ports on its address, its bandwidth on its device. */
  reserve(network: NetworkResource): void {
    const taken = this.#takenOn(network.IP);
    for (const { Value } of [...network.ReservedPorts, ...network.DynamicPorts]) {
      if (!isPort(Value) || taken.has(Value)) this.#collision = true;
      taken.add(Value);
    }
    this.#usedBandwidth.set(network.Device, (this.#usedBandwidth.get(network.Device) ?? 0) + network.MBits);
  }

  /**
   * Finds an address that can give what `ask` asks for. Takes nothing: `reserve` the offer if it is used.
   * If no address can, the reason of the last one tried is given.
   */
  assign(ask: NetworkResource, random: Random): NetworkOffer {
    let reason = "no networks available";
    for (const { device, address } of this.#addresses()) {
      const tried = this.#assignOn(device, address, ask, random);
      if (tried.ok) return tried;
      reason = tried.reason;
    }
    return { ok: false, reason };
  }

  *#addresses(): Iterable<{ device: string; address: string }> {
    for (const network of this.#networks) {
      for (const address of addressesOf(network)) yield { device: network.Device, address };
    }
  }

  #assignOn(device: string, address: string, ask: NetworkResource, random: Random): NetworkOffer {
    const used = this.#usedBandwidth.get(device) ?? 0;
    if (used + ask.MBits > (this.#bandwidth.get(device) ?? 0)) return { ok: false, reason: "bandwidth exceeded" };
    const taken = this.#takenPorts.get(address) ?? new Set();
    const refusal = whyNotReserved(ask.ReservedPorts, taken);
    if (refusal !== undefined) return { ok: false, reason: refusal };
    const unavailable = new Set([...taken, ...ask.ReservedPorts.map((port) => port.Value)]);
    const values = drawPorts(ask.DynamicPorts.length, unavailable, random);
    if (values === undefined) return { ok: false, reason: "dynamic port selection failed" };
    const DynamicPorts = ask.DynamicPorts.map((port, at) => ({ ...port, Value: values[at] as number }));
    return { ok: true, network: { ...ask, Device: device, CIDR: "", IP: address, DynamicPorts } };
  }

  #takenOn(address: string): Set<number> {
    const known = this.#takenPorts.get(address);
    if (known !== undefined) return known;
    const taken = new Set<number>();
    this.#takenPorts.set(address, taken);
    return taken;
  }
}

function isPort(value: number): boolean {
  return value >= 0 && value < portCount;
}

function whyNotReserved(ports: readonly Port[], taken: ReadonlySet<number>): string | undefined {
  const asked = new Set<number>();
  for (const { Value } of ports) {
    if (!isPort(Value)) return `invalid port ${Value} (out of range)`;
    if (taken.has(Value) || asked.has(Value)) return "reserved port collision";
    asked.add(Value);
  }
  return undefined;
}

/** `count` different ports that are not in `unavailable`, or nothing if there are not so many. */
function drawPorts(count: number, unavailable: ReadonlySet<number>, random: Random): readonly number[] | undefined {
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const port = drawFreePort((value) => unavailable.has(value) || drawn.has(value), random);
    if (port === undefined) return pickFromFreePorts(count, unavailable, random);
    drawn.add(port);
  }
  return [...drawn];
}

function drawFreePort(isTaken: (value: number) => boolean, random: Random): number | undefined {
  for (let draw = 0; draw < drawsPerPort; draw++) {
    const port = lowestDynamicPort + random.below(highestDynamicPort - lowestDynamicPort);
    if (!isTaken(port)) return port;
  }
  return undefined;
}

function pickFromFreePorts(
  count: number,
  unavailable: ReadonlySet<number>,
  random: Random,
): readonly number[] | undefined {
  const free: number[] = [];
  for (let port = lowestDynamicPort; port <= highestDynamicPort; port++) if (!unavailable.has(port)) free.push(port);
  if (free.length < count) return undefined;
  for (let at = 0; at < count; at++) {
    const other = at + random.below(free.length - at);
    [free[at], free[other]] = [free[other] as number, free[at] as number];
  }
  return free.slice(0, count);
}
