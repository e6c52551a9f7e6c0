import type * as z from "zod";
import { type planJob, RpcError } from "../../api/index.ts";
import { dictionary, formatRfc3339, instantOf, type Random } from "../../base/index.ts";
import { annotateJobDiff, evaluation, type Job, jobDiffOf, jobWarnings, nextLaunch } from "../../model/index.ts";
import { inTurns } from "../../runtime/index.ts";
import { scheduleInSteps } from "../../scheduler/index.ts";
import { jobKey, jobRegister, type StateView, schedulerConfigurationIn } from "../../state/index.ts";
import type { ServerContext } from "../endpoint.ts";
import { schedulingContext } from "../workers/scheduler-pool.ts";

type DryRun = z.output<typeof planJob.reply>;

/** What registering `job` would do: the scheduler runs on a view in which it is registered. Nothing is kept. */
export async function dryRun(
  context: ServerContext,
  view: StateView,
  job: Job,
  options: { readonly diff: boolean },
): Promise<DryRun> {
  const { clock, random } = context.runtime;
  const now = clock.wallTime();
  const stored = view.jobs.get(jobKey(job.Namespace, job.ID));
  const asked = evaluationOf(job, stored, random);
  const supposed = view.assuming((write) => jobRegister.apply(write, { Job: job, Eval: null }, { at: now }));
  const steps = scheduleInSteps(supposed, asked, schedulingContext(supposed, asked, now));
  const outcome = await inTurns(clock, steps);
  if (outcome.refusal !== undefined) throw new RpcError(outcome.refusal);
  const annotations = outcome.plan.Annotations;
  const diff = options.diff ? await inTurns(clock, jobDiffOf(stored ?? null, job, { contextual: true })) : null;
  const launch = job.Periodic === null ? undefined : nextLaunch(job.Periodic, now);
  return {
    Annotations: annotations,
    FailedTGAllocs: dictionary(outcome.unplaced),
    JobModifyIndex: stored?.JobModifyIndex ?? 0,
    CreatedEvals: [outcome.blocked, outcome.rolling].filter((created) => created !== undefined),
    Diff: diff === null || annotations === null ? diff : annotateJobDiff(diff, annotations),
    NextPeriodicLaunch: launch === undefined ? null : formatRfc3339(instantOf(launch)),
    Warnings: jobWarnings(job, schedulerConfigurationIn(view)),
  };
}

function evaluationOf(job: Job, stored: Job | undefined, random: Random) {
  return evaluation.parse({
    ID: random.uuid(),
    Namespace: job.Namespace,
    Priority: job.Priority,
    Type: job.Type,
    TriggeredBy: "job-register",
    JobID: job.ID,
    JobModifyIndex: (stored?.JobModifyIndex ?? 0) + 1,
    Status: "pending",
    AnnotatePlan: true,
  });
}
