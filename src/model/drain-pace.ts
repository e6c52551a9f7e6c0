import { parseGoTime } from "../wire/index.ts";
import { type Allocation, isTerminalAllocation } from "./allocation.ts";
import { drainDeadline, endsByItself } from "./drain.ts";
import type { Job } from "./job.ts";
import type { Node } from "./node.ts";
import type { MigrateStrategy, TaskGroup } from "./task-group.ts";

/** How many allocations of a group may leave draining nodes now, and when it may be more though nothing happens. */
export interface Pace {
  readonly most: number;
  /** In nanoseconds since the epoch. */
  readonly nextAt: number | undefined;
}

/**
 * True if allocations leave the node at their own pace: it drains as programs of 1.x ask for, and its deadline is not over.
 * `at` in nanoseconds since the epoch.
 */
export function isUnhurried({ DrainStrategy }: Pick<Node, "DrainStrategy">, at: number): boolean {
  if (!endsByItself(DrainStrategy)) return false;
  const deadline = drainDeadline(DrainStrategy);
  return deadline === undefined || deadline > at;
}

/**
 * The pace of a group of a job, of which `stored` has all allocations. Of a service so many may be missing at a time as its
 * `migrate` block says, and what has not run for long enough counts as missing, but not for ever. What a batch job does is
 * let come to its end. System jobs, which are not placed elsewhere, leave at once.
 */
export function paceOf({ Type }: Pick<Job, "Type">, group: TaskGroup, stored: Iterable<Allocation>, at: number): Pace {
  if (Type === "batch") return { most: 0, nextAt: undefined };
  if (Type !== "service" || group.Migrate === null) return { most: Number.POSITIVE_INFINITY, nextAt: undefined };
  let settled = 0;
  let nextAt = Number.POSITIVE_INFINITY;
  for (const allocation of stored) {
    if (allocation.TaskGroup !== group.Name || isTerminalAllocation(allocation)) continue;
    const settles = settledAt(allocation, group.Migrate);
    if (settles <= at) settled++;
    else nextAt = Math.min(nextAt, settles);
  }
  const most = Math.max(0, settled - (group.Count - Math.max(1, group.Migrate.MaxParallel)));
  return { most, nextAt: Number.isFinite(nextAt) ? nextAt : undefined };
}

/** When an allocation has run for long enough; one that does not come to that, when nobody waits for it any more. */
function settledAt(allocation: Allocation, { MinHealthyTime, HealthyDeadline }: MigrateStrategy): number {
  const givenUp = allocation.CreateTime + HealthyDeadline;
  const tasks = Object.values(allocation.TaskStates);
  const runs = allocation.ClientStatus === "running" && tasks.every(({ State }) => State !== "pending");
  if (!runs) return givenUp;
  const starts = tasks.flatMap(({ StartedAt, LastRestart }) => [timeOf(StartedAt), timeOf(LastRestart)]);
  return Math.min(givenUp, Math.max(allocation.CreateTime, ...starts) + MinHealthyTime);
}

function timeOf(text: string | null): number {
  return text === null ? 0 : (parseGoTime(text) ?? 0);
}
