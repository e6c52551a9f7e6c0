import type { Allocation, Job, PlacementFailure } from "../../model/index.ts";
import type { SchedulingOutcome } from "../outcome.ts";
import { running, runningOrDone } from "../reconcile/considered.ts";

/** How a group would be once a plan is carried out. */
export interface GroupStanding {
  /** Those there are now and that stay, or are replaced by another. */
  readonly present: readonly Allocation[];
  /** Allocations there would be, those of a batch job that are done among them. */
  readonly there: number;
  /** Those there is no place for, and why there is none for the first. */
  readonly unplaced: number;
  readonly failure: PlacementFailure | undefined;
}

/** How a job would be once a plan is carried out, by the names of its groups. */
export type Standing = ReadonlyMap<string, GroupStanding>;

/** The allocations that count as there. */
function counting({ Type }: Pick<Job, "Type">, stored: readonly Allocation[]): readonly Allocation[] {
  return Type === "batch" ? runningOrDone(stored) : running(stored);
}

/** `stored` is what there is of the job before. */
export function standingAfter(
  { plan, queued, unplaced }: SchedulingOutcome,
  job: Job,
  stored: readonly Allocation[],
): Standing {
  const stopped = new Map(
    Object.values(plan.NodeUpdate).flatMap((stops) => stops.map((one) => [one.ID, one] as const)),
  );
  const known = new Set(stored.map(({ ID }) => ID));
  const placed = Object.values(plan.NodeAllocation)
    .flat()
    .filter(({ ID }) => !known.has(ID));
  const replaced = new Set(placed.map(({ PreviousAllocation }) => PreviousAllocation));
  const counted = counting(job, stored);
  const more = byGroup(placed);
  const stays = byGroup(counted.filter(({ ID }) => !stopped.has(ID)));
  const goes = byGroup(counted.filter(({ ID }) => replaced.has(ID) && stopped.get(ID)?.ClientStatus !== "lost"));
  return new Map(
    job.TaskGroups.map(({ Name }) => {
      const fresh = more.get(Name)?.length ?? 0;
      const staying = stays.get(Name) ?? [];
      const standing = {
        present: [...staying, ...(goes.get(Name) ?? [])],
        there: staying.length + fresh,
        unplaced: Math.max(0, (queued.get(Name) ?? 0) - fresh),
        failure: unplaced.get(Name),
      };
      return [Name, standing] as const;
    }),
  );
}

/** A job may have thousands of groups. */
export function byGroup(allocations: readonly Allocation[]): ReadonlyMap<string, readonly Allocation[]> {
  return Map.groupBy(allocations, ({ TaskGroup }) => TaskGroup);
}

/** How many more of a group there would be; 0 if that were at the cost of another group. */
export function gain(group: string, before: Standing, after: Standing): number {
  for (const [name, { there }] of before) if ((after.get(name)?.there ?? 0) < there) return 0;
  return (after.get(group)?.there ?? 0) - (before.get(group)?.there ?? 0);
}
