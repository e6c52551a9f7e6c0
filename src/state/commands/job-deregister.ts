import type { Evaluation, Job } from "../../model/index.ts";
import { command, done } from "../command.ts";
import { countChild } from "../rules/child-counts.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { jobStatus } from "../rules/job-status.ts";
import { purgeJob } from "../rules/purge-job.ts";
import { jobKey, type Transaction } from "../view.ts";

/** Stops a job. With `Purge` nothing is kept of it but evaluations and allocations; `Eval` sees to those. */
export interface JobDeregisterRequest {
  readonly Namespace: string;
  readonly JobID: string;
  readonly Purge: boolean;
  readonly Eval: Evaluation | null;
}

/** To stop a job that is not there is no error: it may have allocations that are to end. */
export const jobDeregister = command<JobDeregisterRequest>({
  number: 5,
  name: "job deregister",
  apply(write, { Namespace, JobID, Purge, Eval }, context) {
    const job = write.jobs.get(jobKey(Namespace, JobID));
    if (Eval !== null) storeEvaluations(write, [{ ...Eval, JobModifyIndex: write.index }], context);
    if (job === undefined) return done;
    if (Purge) purgeJob(write, job);
    else stop(write, job);
    return done;
  },
});

function stop(write: Transaction, job: Job): void {
  const stopped: Job = {
    ...job,
    Stop: true,
    Version: job.Stop ? job.Version : job.Version + 1,
    ModifyIndex: write.index,
    JobModifyIndex: write.index,
  };
  const Status = jobStatus(write, stopped);
  write.put("jobs", { ...stopped, Status });
  countChild(write, job, { from: job.Status, to: Status });
}
