import { type Allocation, isTerminalAllocation } from "./allocation.ts";
import type { Job } from "./job.ts";

/** A job that is to take another's room is more important by at least so much. Source: Nomad 0.9. */
const leastAdvantage = 10;

/** True if the allocation may be stopped to make room for `job`: it runs, is of a job of less importance, and nobody has its room yet. */
export function mayPreempt(job: Job, allocation: Allocation): boolean {
  if (allocation.Job === null || isTerminalAllocation(allocation) || isPreempted(allocation)) return false;
  const isOwn = allocation.Namespace === job.Namespace && allocation.JobID.toLowerCase() === job.ID.toLowerCase();
  return !isOwn && job.Priority - allocation.Job.Priority >= leastAdvantage;
}

/** True if another allocation has its room, or will have it as soon as a plan that is on its way is committed. */
export function isPreempted({ PreemptedByAllocation }: Allocation): boolean {
  return PreemptedByAllocation !== "";
}

/** The allocation as it is stopped to make room for another one, in the words that users and other programs see. */
export function evicted(allocation: Allocation, by: Allocation["ID"]): Allocation {
  return {
    ...allocation,
    DesiredStatus: "evict",
    DesiredDescription: `Preempted by alloc ID ${by}`,
    PreemptedByAllocation: by,
  };
}
