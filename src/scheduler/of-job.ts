import type { Allocation, Job, JobID } from "../model/index.ts";

/**
 * Tells a job's allocations from those of others. Ids that differ only in case are one job, and what was placed before
 * the last registration bears the id as it was spelled then.
 */
export function ofJob({ ID, Namespace }: Job): (one: Pick<Allocation, "JobID" | "Namespace">) => boolean {
  const known = new Map<JobID, boolean>();
  const lower = ID.toLowerCase();
  return (one) => {
    const isSame = known.get(one.JobID) ?? one.JobID.toLowerCase() === lower;
    known.set(one.JobID, isSame);
    return isSame && one.Namespace === Namespace;
  };
}
