import type { Evaluation, Job } from "../../model/index.ts";
import { type CommandContext, command, done } from "../command.ts";
import { countChild } from "../rules/child-counts.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { jobStatus } from "../rules/job-status.ts";
import { summarizeJob } from "../rules/job-summary.ts";
import { sameSpecification } from "../rules/job-version.ts";
import { jobKey, type Transaction } from "../view.ts";

/** A job as its author wants it now; `Eval` looks at it at once. A periodic job has none: the clock launches it. */
export interface JobRegisterRequest {
  readonly Job: Job;
  readonly Eval: Evaluation | null;
}

/**
 * Job and evaluation are one entry, so that no crash can leave a job that nobody looks at.
 * `Version` counts registrations that changed what is to run.
 */
export const jobRegister = command<JobRegisterRequest>({
  number: 4,
  name: "job register",
  apply(write, { Job: job, Eval }, context) {
    const before = write.jobs.get(jobKey(job.Namespace, job.ID));
    const unchanged = before !== undefined && sameSpecification(job, before);
    summarizeJob(write, job);
    if (Eval !== null) storeEvaluations(write, [{ ...Eval, JobModifyIndex: write.index }], context);
    const Status = jobStatus(write, job);
    write.put("jobs", {
      ...job,
      Status,
      StatusDescription: "",
      Stable: unchanged && before.Stable,
      Version: before === undefined ? 0 : unchanged ? before.Version : before.Version + 1,
      SubmitTime: context.at,
      CreateIndex: before?.CreateIndex ?? write.index,
      ModifyIndex: write.index,
      JobModifyIndex: write.index,
    });
    countChild(write, job, { from: before?.Status, to: Status });
    noteLaunches(write, job, context);
    return done;
  },
});

/** A periodic job counts from its first registration; a child tells when its parent launched it. */
function noteLaunches(write: Transaction, job: Job, { at }: CommandContext): void {
  if (job.Periodic !== null) {
    const known = write.periodicLaunches.get(jobKey(job.Namespace, job.ID));
    if (known === undefined) noteLaunch(write, job, at);
  }
  if (job.ParentID === "") return;
  const parent = write.jobs.get(jobKey(job.Namespace, job.ParentID));
  const launchedAt = /\/periodic-(\d+)$/.exec(job.ID)?.[1];
  if (parent?.Periodic && launchedAt !== undefined) noteLaunch(write, parent, Number(launchedAt) * 1e9);
}

function noteLaunch(write: Transaction, job: Job, launch: number): void {
  const before = write.periodicLaunches.get(jobKey(job.Namespace, job.ID));
  write.put("periodicLaunches", {
    ID: job.ID,
    Namespace: job.Namespace,
    Launch: launch,
    CreateIndex: before?.CreateIndex ?? write.index,
    ModifyIndex: write.index,
  });
}
