import { type Allocation, isTerminalAllocation } from "./allocation.ts";
import { networkIndexOf } from "./network-index.ts";
import type { Node } from "./node.ts";
import type { Resources } from "./resources.ts";

/** Room taken on a node: CPU in MHz, memory and disk in MiB. */
export type Usage = Pick<Resources, "CPU" | "MemoryMB" | "DiskMB" | "IOPS">;

/**
 * Whether allocations fit on a node together; if not, `dimension` says what ran out, as metrics show it. `used` is what
 * they and the node's reservation take.
 */
export type Fit =
  | { readonly fits: true; readonly used: Usage }
  | { readonly fits: false; readonly used: Usage; readonly dimension: string };

/** What takes room on a node: an allocation, or one in the making. */
export type Holder = Pick<Allocation, "DesiredStatus" | "ClientStatus" | "Resources" | "TaskResources">;

const dimensions = [
  ["CPU", "cpu exhausted"],
  ["MemoryMB", "memory exhausted"],
  ["DiskMB", "disk exhausted"],
  ["IOPS", "iops exhausted"],
] as const;

const nothing: Usage = { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };

/** The whole check, ports and bandwidth too. Allocations that are over take no room. */
export function allocationsFit(node: Node, allocations: readonly Holder[]): Fit {
  const fit = resourcesFit(node, allocations);
  if (!fit.fits) return fit;
  const network = networkIndexOf(node, allocations);
  if (network.hasCollision) return { ...fit, fits: false, dimension: "reserved port collision" };
  if (network.isOvercommitted) return { ...fit, fits: false, dimension: "bandwidth exceeded" };
  return fit;
}

/** CPU, memory, disk and IOPS only: for who has taken care of ports and bandwidth. `used` holds what is reserved too. */
export function resourcesFit(node: Node, allocations: readonly Holder[]): Fit {
  return usageFits(node, usageOfAll(allocations), nothing);
}

/** The same for `newcomer` beside all that takes room on the node, which is `taken`. */
export function usageFits(node: Node, taken: Usage, newcomer: Usage): Fit {
  const reserved: Usage = node.Reserved ?? nothing;
  const total: Usage = node.Resources ?? nothing;
  const used = {
    CPU: reserved.CPU + taken.CPU + newcomer.CPU,
    MemoryMB: reserved.MemoryMB + taken.MemoryMB + newcomer.MemoryMB,
    DiskMB: reserved.DiskMB + taken.DiskMB + newcomer.DiskMB,
    IOPS: reserved.IOPS + taken.IOPS + newcomer.IOPS,
  };
  const isEnough =
    used.CPU <= total.CPU && used.MemoryMB <= total.MemoryMB && used.DiskMB <= total.DiskMB && used.IOPS <= total.IOPS;
  if (isEnough) return { fits: true, used };
  const [, dimension] = dimensions.find(([name]) => used[name] > total[name]) as (typeof dimensions)[number];
  return { fits: false, used, dimension };
}

/** The field of `Usage` that a dimension is about; undefined if it is about ports or bandwidth. */
export function fieldExhausted(dimension: string): keyof Usage | undefined {
  return dimensions.find(([, name]) => name === dimension)?.[0];
}

/** What an allocation was granted: its sum if that is filled in, else what its tasks were granted. */
export function usageOf(allocation: Pick<Allocation, "Resources" | "TaskResources">): Usage {
  return allocation.Resources ?? summedUp(allocation.TaskResources);
}

function summedUp(tasks: Allocation["TaskResources"]): Usage {
  if (summed.tasks !== tasks) summed = { tasks, usage: sum(Object.values(tasks)) };
  return summed.usage;
}

/** The grant that was added up last: a plan's many allocations of a group share one. */
let summed: { readonly tasks: Allocation["TaskResources"]; readonly usage: Usage } = { tasks: {}, usage: nothing };

/** What allocations take together; those that are over take nothing. */
export function usageOfAll(allocations: readonly Holder[]): Usage {
  const total = { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };
  for (const allocation of allocations) if (!isTerminalAllocation(allocation)) addTo(total, usageOf(allocation));
  return total;
}

/** What is taken when so much comes to it. */
export function usageMore(taken: Usage, more: Usage): Usage {
  return {
    CPU: taken.CPU + more.CPU,
    MemoryMB: taken.MemoryMB + more.MemoryMB,
    DiskMB: taken.DiskMB + more.DiskMB,
    IOPS: taken.IOPS + more.IOPS,
  };
}

/** What is left when so much is given back. */
export function usageLess(taken: Usage, freed: Usage): Usage {
  return {
    CPU: taken.CPU - freed.CPU,
    MemoryMB: taken.MemoryMB - freed.MemoryMB,
    DiskMB: taken.DiskMB - freed.DiskMB,
    IOPS: taken.IOPS - freed.IOPS,
  };
}

function sum(parts: readonly Usage[]): Usage {
  const total = { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };
  for (const part of parts) addTo(total, part);
  return total;
}

function addTo(total: { -readonly [Resource in keyof Usage]: number }, { CPU, MemoryMB, DiskMB, IOPS }: Usage): void {
  total.CPU += CPU;
  total.MemoryMB += MemoryMB;
  total.DiskMB += DiskMB;
  total.IOPS += IOPS;
}

/** The score of a node that is full by every measure. */
export const highestFitScore = 18;

/**
 * How well a node would be filled, from 0 (empty) to 18 (full): BestFit v3 of Google's "Datacenter bin packing"
 * exercise, 20 minus ten to the power of the free share of CPU and of memory. What the operator reserved counts
 * as used although it is not offered, so that nodes with reservations score higher; peers do the same.
 */
export function scoreFit(node: Node, used: Usage): number {
  return clampedScore(20 - freePowers(node, used));
}

/** The other way round: from 0 (full) to 18 (empty). */
export function scoreRoom(node: Node, used: Usage): number {
  return clampedScore(freePowers(node, used) - 2);
}

/** From 2 for a full node to 20 for an empty one. */
function freePowers(node: Node, used: Usage): number {
  return powerOfTen(freeShare(node, used, "CPU")) + powerOfTen(freeShare(node, used, "MemoryMB"));
}

function clampedScore(score: number): number {
  return Math.min(highestFitScore, Math.max(0, score));
}

function freeShare(node: Node, used: Usage, dimension: "CPU" | "MemoryMB"): number {
  const offered = (node.Resources?.[dimension] ?? 0) - (node.Reserved?.[dimension] ?? 0);
  return offered > 0 ? 1 - used[dimension] / offered : 0;
}

/** Ten to the power of `exponent`, to the last digit as Go computes it: scores are shown in full. */
function powerOfTen(exponent: number): number {
  const whole = Math.ceil(exponent - 0.5);
  const rest = exponent - whole;
  return (rest === 0 ? 1 : Math.exp(rest * Math.log(10))) * 10 ** whole;
}
