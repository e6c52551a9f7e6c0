import type { Allocation, Job, JobID } from "../model/index.ts";

/**
 * Tells a job's allocations from those of others. Ids that differ only in case are one job, and what was placed before
 * the last registration bears the id as it was spelled then.
 */
export function ofJob({ ID, Namespace }: Job): (one: Pick<Allocation, "JobID" | "Namespace">) => boolean {
  const lower = ID.toLowerCase();
  return (one) => (one.JobID === ID || isInOtherCase(one.JobID, lower)) && one.Namespace === Namespace;
}

const firstBeyondAscii = 128;
/** The bit in which small letters differ from capital ones. */
const smallLetter = 32;

/** Asked for every allocation of every node that is looked at: the last letter tells most ids apart, at next to no cost. */
function isInOtherCase(id: JobID, lower: string): boolean {
  const [mine, its] = [lower.charCodeAt(lower.length - 1), id.charCodeAt(id.length - 1)];
  const areAscii = mine < firstBeyondAscii && its < firstBeyondAscii;
  if (areAscii && (mine | smallLetter) !== (its | smallLetter)) return false;
  return id.toLowerCase() === lower;
}
