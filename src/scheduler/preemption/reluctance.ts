import type { Allocation, TaskGroup } from "../../model/index.ts";
import { distanceFrom, isCovered, isEased, type Missing } from "./missing.ts";

/** What one more allocation is to be stopped for. */
export interface Want {
  readonly group: TaskGroup;
  /** What the node has too little of: addresses, ports or bandwidth come first, and cannot be put in one number. */
  readonly missing: Missing | "network";
  /** What is stopped already, here and elsewhere. */
  readonly stopped: readonly Allocation[];
}

/** How important the job of an allocation is, from 1 to 100. */
export function priorityOf({ Job }: Allocation): number {
  return Job?.Priority ?? 0;
}

/** The allocation that is stopped least reluctantly, of those that help at all; of equal ones the first. */
export function leastReluctant(stoppable: readonly Allocation[], want: Want): Allocation | undefined {
  let least: { readonly allocation: Allocation; readonly reluctance: readonly number[] } | undefined;
  for (const allocation of stoppable) {
    if (!helps(allocation, want)) continue;
    const reluctance = reluctanceToStop(allocation, want);
    if (least === undefined || isLess(reluctance, least.reluctance)) least = { allocation, reluctance };
  }
  return least?.allocation;
}

function helps(allocation: Allocation, { missing }: Want): boolean {
  return missing === "network" ? networksOf(allocation).length > 0 : isEased(missing, allocation);
}

/**
 * Numbers of which the first that differs decides: how important it is; by how much its group would lose more than it
 * wants to lose at once; whether something else must be stopped too; and how much more, or less, than what is missing it
 * has.
 */
function reluctanceToStop(allocation: Allocation, want: Want): readonly number[] {
  const [more, distance] = want.missing === "network" ? byNetwork(allocation, want) : byRoom(allocation, want.missing);
  return [priorityOf(allocation), lostTooManyAtOnce(allocation, want.stopped), more, distance];
}

function byRoom(allocation: Allocation, missing: Missing): readonly [number, number] {
  return [isCovered(missing, allocation) ? 0 : 1, distanceFrom(missing, allocation)];
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
function lostTooManyAtOnce({ Namespace, JobID, TaskGroup, Job }: Allocation, stopped: readonly Allocation[]): number {
  const group = Job?.TaskGroups.find(({ Name }) => Name === TaskGroup);
  const most = group?.Migrate?.MaxParallel ?? Job?.Update.MaxParallel ?? 0;
  if (most <= 0) return 0;
  const alike = stopped.filter(
    (one) => one.TaskGroup === TaskGroup && one.JobID === JobID && one.Namespace === Namespace,
  );
  return Math.max(0, alike.length + 1 - most);
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((number, position) => number !== other[position]);
  return at >= 0 && (one[at] as number) < (other[at] as number);
}
