import { type Allocation, type TaskGroup, usageLess, usageOf } from "../../model/index.ts";
import { distance, isEased, isOver, type Shortage } from "./shortage.ts";

/** What one more allocation is to be stopped for. */
export interface Want {
  readonly group: TaskGroup;
  /** What the node has too little of: addresses, ports or bandwidth come first, and cannot be put in one number. */
  readonly shortage: Shortage | "network";
  /** How many allocations of the same group are stopped already, here and elsewhere. */
  readonly stoppedAlike: (allocation: Allocation) => number;
}

/** How important the job of an allocation is, from 1 to 100. */
export function priorityOf({ Job }: Allocation): number {
  return Job?.Priority ?? 0;
}

/** The allocation that is stopped least reluctantly, of those that help at all; of equal ones the first. */
export function leastReluctant(stoppable: Iterable<Allocation>, want: Want): Allocation | undefined {
  let least: { readonly allocation: Allocation; readonly reluctance: readonly number[] } | undefined;
  for (const allocation of stoppable) {
    if (least !== undefined && priorityOf(allocation) > priorityOf(least.allocation)) continue;
    if (!helps(allocation, want)) continue;
    const reluctance = reluctanceToStop(allocation, want);
    if (least === undefined || isLess(reluctance, least.reluctance)) least = { allocation, reluctance };
  }
  return least?.allocation;
}

function helps(allocation: Allocation, { shortage }: Want): boolean {
  return shortage === "network" ? networksOf(allocation).length > 0 : isEased(shortage, usageOf(allocation));
}

/**
 * Numbers of which the first that differs decides: how important it is; by how much its group would lose more than it
 * wants to lose at once; whether something else must be stopped too; and how much more, or less, than what is missing it
 * has.
 */
function reluctanceToStop(allocation: Allocation, want: Want): readonly number[] {
  const [more, far] = want.shortage === "network" ? byNetwork(allocation, want) : byRoom(allocation, want.shortage);
  return [priorityOf(allocation), lostTooManyAtOnce(allocation, want), more, far];
}

function byRoom(allocation: Allocation, shortage: Shortage): readonly [number, number] {
  const freed = usageOf(allocation);
  return [isOver(usageLess(shortage, freed)) ? 0 : 1, distance(shortage, freed)];
}

/** Who listens on a port that is asked for has to go; as to bandwidth, the more it has the sooner there is enough. */
function byNetwork(allocation: Allocation, { group }: Want): readonly [number, number] {
  const asked = new Set(
    group.Tasks.flatMap((task) => task.Resources?.Networks[0]?.ReservedPorts ?? []).map(({ Value }) => Value),
  );
  const networks = networksOf(allocation);
  const ports = networks.flatMap(({ ReservedPorts, DynamicPorts }) => [...ReservedPorts, ...DynamicPorts]);
  const bandwidth = networks.reduce((sum, { MBits }) => sum + MBits, 0);
  return [ports.some(({ Value }) => asked.has(Value)) ? 0 : 1, -bandwidth];
}

function networksOf({ TaskResources }: Allocation) {
  return Object.values(TaskResources).flatMap(({ Networks }) => Networks.slice(0, 1));
}

/** How many allocations of the group would be stopped beyond what its job wants to be without at once; 0 if it does not say. */
function lostTooManyAtOnce(allocation: Allocation, { stoppedAlike }: Want): number {
  const { Job, TaskGroup } = allocation;
  const group = Job?.TaskGroups.find(({ Name }) => Name === TaskGroup);
  const most = group?.Migrate?.MaxParallel ?? Job?.Update.MaxParallel ?? 0;
  return most <= 0 ? 0 : Math.max(0, stoppedAlike(allocation) + 1 - most);
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((number, position) => number !== other[position]);
  return at >= 0 && (one[at] as number) < (other[at] as number);
}
