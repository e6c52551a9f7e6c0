import {
  deregisterJob,
  evaluateJob,
  forcePeriodic,
  forgetJobs,
  getJob,
  getJobAllocations,
  getJobEvaluations,
  getJobSummary,
  listJobs,
  planJob,
  RpcError,
  registerJob,
} from "../../api/index.ts";
import {
  allocationStubOf,
  canonicalizeJob,
  type Evaluation,
  evaluation,
  isPeriodic,
  type Job,
  jobStubOf,
  validateRegistration,
} from "../../model/index.ts";
import {
  evaluationsUpdate,
  jobDeregister,
  jobKey,
  jobRegister,
  jobsForget,
  type StateView,
} from "../../state/index.ts";
import { type Asked, type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { dryRun } from "./job-dry-run.ts";

/** Jobs of a stopped or unknown job are stopped at this priority, by the scheduler for services. */
const deregisterPriority = 50;

/** What users ask about jobs. */
export function jobEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state, leadership } = context;
  return [
    endpoint(registerJob, async ({ request, options }) => {
      const Job = acceptable(request.Job, options.namespace, "missing job for registration");
      if (request.EnforceIndex) enforceIndex(state.view(), Job, request.JobModifyIndex);
      const Eval = Job.Periodic === null ? newEvaluation(context, Job, "job-register") : null;
      const { index } = await state.propose(jobRegister, { Job, Eval });
      if (Eval === null)
        return { reply: { EvalID: "", EvalCreateIndex: 0, JobModifyIndex: index, Warnings: "" }, index: 0 };
      return { reply: { EvalID: Eval.ID, EvalCreateIndex: index, JobModifyIndex: index, Warnings: "" }, index };
    }),
    endpoint(deregisterJob, async ({ request, options }) => {
      if (request.JobID === "") throw new RpcError("missing job ID for deregistering");
      const found = state.view().jobs.get(jobKey(options.namespace, request.JobID));
      const Eval = found?.Periodic ? null : stopEvaluation(context, options.namespace, found?.ID ?? request.JobID);
      const { index } = await state.propose(jobDeregister, {
        JobID: request.JobID,
        Namespace: options.namespace,
        Purge: request.Purge,
        Eval,
      });
      const EvalID = Eval?.ID ?? "";
      const reply = { EvalID, EvalCreateIndex: Eval === null ? 0 : index, JobModifyIndex: index, Warnings: "" };
      return { reply, index: Eval === null ? 0 : index };
    }),
    endpoint(forgetJobs, async ({ request }) => {
      const { index } = await state.propose(jobsForget, { Jobs: [...request.Jobs] });
      return { reply: {}, index };
    }),
    endpoint(evaluateJob, async ({ request, options }) => {
      const found = existing(state.view(), options.namespace, request.JobID, "missing job ID for evaluation");
      if (isPeriodic(found)) throw new RpcError("can't evaluate periodic job");
      const Eval = { ...newEvaluation(context, found, "job-register"), JobModifyIndex: found.JobModifyIndex };
      const { index } = await state.propose(evaluationsUpdate, { Evals: [Eval] });
      const reply = { EvalID: Eval.ID, EvalCreateIndex: index, JobModifyIndex: found.JobModifyIndex, Warnings: "" };
      return { reply, index };
    }),
    endpoint(forcePeriodic, async ({ request, options }) => {
      const found = existing(state.view(), options.namespace, request.JobID, "missing job ID for evaluation");
      if (!isPeriodic(found)) throw new RpcError("can't force launch non-periodic job");
      const launched = await leadership.leader.periodic.force(found);
      return { reply: { EvalID: launched.evaluation.ID, EvalCreateIndex: launched.index }, index: launched.index };
    }),
    endpoint(planJob, async ({ request, options }) => {
      const Job = acceptable(request.Job, options.namespace, "Job required for plan");
      const view = state.view();
      return { reply: dryRun(context, view, Job, { diff: request.Diff }), index: view.index };
    }),
    readEndpoint(context, listJobs, (view, { options }) => {
      const found = [...view.jobs.withPrefix(jobKey(options.namespace, options.prefix))];
      const Jobs = found.map((job) => jobStubOf(job, view.jobSummaries.get(jobKey(job.Namespace, job.ID)) ?? null));
      return { result: { Jobs }, index: Math.max(view.jobs.lastIndex, view.jobSummaries.lastIndex) };
    }),
    readEndpoint(context, getJob, (view, asked) => {
      const found = view.jobs.get(keyOf(asked));
      return { result: { Job: found ?? null }, index: found?.ModifyIndex ?? view.jobs.lastIndex };
    }),
    readEndpoint(context, getJobSummary, (view, asked) => {
      const found = view.jobSummaries.get(keyOf(asked));
      return { result: { JobSummary: found ?? null }, index: found?.ModifyIndex ?? view.jobSummaries.lastIndex };
    }),
    readEndpoint(context, getJobAllocations, (view, asked) => {
      const Allocations = [...view.allocations.by("job", keyOf(asked))].map(allocationStubOf);
      return { result: { Allocations }, index: view.allocations.lastIndex };
    }),
    readEndpoint(context, getJobEvaluations, (view, asked) => {
      const Evaluations = [...view.evaluations.by("job", keyOf(asked))];
      return { result: { Evaluations }, index: view.evaluations.lastIndex };
    }),
  ];
}

/** The job as it is kept, or the reasons why it is not: all of them at once. */
function acceptable(given: Job | null, namespace: string, missing: string): Job {
  if (given === null) throw new RpcError(missing, { code: 400 });
  const job = canonicalizeJob(given.Namespace === "" ? { ...given, Namespace: namespace } : given);
  const problem = validateRegistration(job);
  if (problem !== undefined) throw new RpcError(problem);
  return job;
}

function enforceIndex(view: StateView, job: Job, wanted: number): void {
  const found = view.jobs.get(jobKey(job.Namespace, job.ID));
  if (found === undefined) {
    if (wanted !== 0) throw new RpcError(`Enforcing job modify index ${wanted}: job does not exist`);
    return;
  }
  if (wanted === 0) throw new RpcError("Enforcing job modify index 0: job already exists");
  if (found.JobModifyIndex !== wanted) {
    const present = found.JobModifyIndex;
    throw new RpcError(
      `Enforcing job modify index ${wanted}: job exists with conflicting job modify index: ${present}`,
    );
  }
}

function newEvaluation(context: ServerContext, job: Job, trigger: string): Evaluation {
  return evaluation.parse({
    ID: context.runtime.random.uuid(),
    Namespace: job.Namespace,
    Priority: job.Priority,
    Type: job.Type,
    TriggeredBy: trigger,
    JobID: job.ID,
    Status: "pending",
  });
}

function stopEvaluation(context: ServerContext, namespace: string, jobID: string): Evaluation {
  return evaluation.parse({
    ID: context.runtime.random.uuid(),
    Namespace: namespace,
    Priority: deregisterPriority,
    Type: "service",
    TriggeredBy: "job-deregister",
    JobID: jobID,
    Status: "pending",
  });
}

function existing(view: StateView, namespace: string, jobID: string, missing: string): Job {
  if (jobID === "") throw new RpcError(missing);
  const found = view.jobs.get(jobKey(namespace, jobID));
  if (found === undefined) throw new RpcError("job not found", { code: 404 });
  return found;
}

function keyOf(asked: Asked<{ readonly JobID: string }>): string {
  return jobKey(asked.options.namespace, asked.request.JobID);
}
