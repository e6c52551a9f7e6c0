import type { Job } from "../../model/index.ts";
import { jobKey, type Transaction } from "../view.ts";
import { countChild } from "./child-counts.ts";

/**
 * The status that follows from what there is of a job: `running` while an allocation is not over, `pending` while
 * an evaluation is not over, then `dead`. A job of which nothing was seen yet is `running` if it only launches
 * others by the clock, else `pending`. Source: Nomad 0.4.1.
 *
 * `forgotten`: evaluations of the job were just collected, so something was seen though nothing is left.
 */
export function jobStatus(state: Transaction, job: Job, options: { readonly forgotten?: boolean } = {}): string {
  const key = jobKey(job.Namespace, job.ID);
  if (state.allocations.hasAny("activeJob", key)) return "running";
  if (state.evaluations.hasAny("activeJob", key)) return "pending";
  if (job.Stop || options.forgotten) return "dead";
  if (state.allocations.hasAny("job", key) || state.evaluations.hasAny("job", key)) return "dead";
  return job.Periodic === null ? "pending" : "running";
}

/** Writes the statuses of jobs that a command touched, as keys of jobs. A job that is gone is passed over. */
export function settleJobStatuses(
  write: Transaction,
  keys: Iterable<string>,
  options: { readonly forgotten?: boolean } = {},
): void {
  for (const key of new Set(keys)) {
    const job = write.jobs.get(key);
    if (job === undefined) continue;
    const status = jobStatus(write, job, options);
    if (status === job.Status) continue;
    write.put("jobs", { ...job, Status: status, ModifyIndex: write.index });
    countChild(write, job, { from: job.Status, to: status });
  }
}
