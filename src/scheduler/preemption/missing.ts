import { type Allocation, type Node, type TaskGroup, type Usage, usageOf } from "../../model/index.ts";

const resources = ["CPU", "MemoryMB", "DiskMB", "IOPS"] as const satisfies readonly (keyof Usage)[];

/** How much of each resource a node has too little; nothing of those that it has enough of. */
export type Missing = ReadonlyMap<keyof Usage, number>;

/** What a node would lack if `group` came to what stays there. */
export function missingOn(node: Node, staying: readonly Allocation[], group: TaskGroup): Missing {
  const taken = [node.Reserved, ...group.Tasks.map((task) => task.Resources), ...staying.map(usageOf)];
  const missing = resources.map((name) => {
    const used = taken.reduce((sum, part) => sum + (part?.[name] ?? 0), 0);
    return [name, used - (node.Resources?.[name] ?? 0)] as const;
  });
  return new Map(missing.filter(([, amount]) => amount > 0));
}

/** True if the end of an allocation would give all that is missing. */
export function isCovered(missing: Missing, allocation: Allocation): boolean {
  const freed = usageOf(allocation);
  return [...missing].every(([name, amount]) => freed[name] >= amount);
}

/** True if the end of an allocation would give some of what is missing. */
export function isEased(missing: Missing, allocation: Allocation): boolean {
  const freed = usageOf(allocation);
  return [...missing.keys()].some((name) => freed[name] > 0);
}

/** How far what an allocation has is from what is missing: 0 if it is the same, else by shares of it, more or less alike. */
export function distanceFrom(missing: Missing, allocation: Allocation): number {
  const freed = usageOf(allocation);
  return Math.hypot(...[...missing].map(([name, amount]) => (amount - freed[name]) / amount));
}
