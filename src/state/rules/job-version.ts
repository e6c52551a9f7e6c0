import { deepEqual } from "../../base/index.ts";
import type { Job } from "../../model/index.ts";

/** What the cluster writes into a job; all else is what its author wants. */
const bookkeeping: ReadonlySet<keyof Job> = new Set<keyof Job>([
  "Status",
  "StatusDescription",
  "Stable",
  "Version",
  "SubmitTime",
  "CreateIndex",
  "ModifyIndex",
  "JobModifyIndex",
]);

/** True if both say the same about what is to run, so that registering one over the other makes no new version. */
export function sameSpecification(a: Job, b: Job): boolean {
  return (Object.keys(a) as (keyof Job)[]).every((field) => bookkeeping.has(field) || deepEqual(a[field], b[field]));
}

/** True if both are the same registration of the same job, so that one object in memory can stand for both. */
export function sameRegistration(a: Job, b: Job): boolean {
  return a.CreateIndex === b.CreateIndex && a.JobModifyIndex === b.JobModifyIndex && a.Version === b.Version;
}
