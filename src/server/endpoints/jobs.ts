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
  defaultNamespace,
  type Evaluation,
  evaluation,
  type Job,
  type JobListStub,
  jobStubOf,
  jobWarnings,
  validateRegistration,
} from "../../model/index.ts";
import type { Clock } from "../../runtime/index.ts";
import { inTurns } from "../../runtime/index.ts";
import {
  evaluationsUpdate,
  jobDeregister,
  jobKey,
  jobRegister,
  jobsForget,
  type StateView,
  schedulerConfigurationIn,
} from "../../state/index.ts";
import { type Asked, type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { KeptList } from "../kept-list.ts";
import { NotTracked } from "../leadership/periodic-dispatcher.ts";
import { Turns } from "../turns.ts";
import { dryRun } from "./job-dry-run.ts";

const blankEvaluation = evaluation.parse({});

/** Jobs are stopped at this priority, by the scheduler for services, whatever their own. */
const deregisterPriority = 50;

/** What users ask about jobs. Changes of one job are made one after the other: each is decided on the one before. */
export function jobEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state, leadership } = context;
  const { clock } = context.runtime;
  const turns = new Turns();
  const allJobs = new KeptList<JobListStub>();
  return [
    endpoint(registerJob, async ({ request, options }) => {
      const Job = await acceptable(clock, request.Job, options.namespace, "missing job for registration");
      const configuration = schedulerConfigurationIn(state.view());
      if (configuration.RejectJobRegistration) {
        throw new RpcError("Job registration is disabled by the scheduler configuration", { code: 403 });
      }
      return turns.take(jobKey(Job.Namespace, Job.ID), async () => {
        if (request.EnforceIndex) enforceIndex(state.view(), Job, request.JobModifyIndex);
        const Eval = Job.Periodic === null ? evaluationOf(context, Job, "job-register") : null;
        const { index } = await state.propose(jobRegister, { Job, Eval });
        return jobChanged(Eval, index, jobWarnings(Job, configuration));
      });
    }),
    endpoint(deregisterJob, async ({ request: { JobID, Purge }, options: { namespace } }) => {
      if (JobID === "") throw new RpcError("missing job ID for deregistering");
      mustExist(namespace);
      return turns.take(jobKey(namespace, JobID), async () => {
        const found = state.view().jobs.get(jobKey(namespace, JobID));
        const stopped = { ID: found?.ID ?? JobID, Namespace: namespace, Type: "service", Priority: deregisterPriority };
        const Eval = found?.Periodic ? null : evaluationOf(context, stopped, "job-deregister");
        const { index } = await state.propose(jobDeregister, { JobID, Namespace: namespace, Purge, Eval });
        return jobChanged(Eval, index);
      });
    }),
    endpoint(forgetJobs, async ({ request }) => {
      const { index } = await state.propose(jobsForget, { Jobs: [...request.Jobs] });
      return { reply: {}, index };
    }),
    endpoint(evaluateJob, async ({ request, options }) => {
      const found = existing(state.view(), options.namespace, request.JobID);
      if (found.Periodic !== null) throw new RpcError("can't evaluate periodic job");
      const Eval = { ...evaluationOf(context, found, "job-register"), JobModifyIndex: found.JobModifyIndex };
      const { index } = await state.propose(evaluationsUpdate, { Evals: [Eval] });
      const reply = { EvalID: Eval.ID, EvalCreateIndex: index, JobModifyIndex: found.ModifyIndex, Warnings: "" };
      return { reply, index };
    }),
    endpoint(forcePeriodic, async ({ request, options }) => {
      const found = existing(state.view(), options.namespace, request.JobID);
      if (found.Periodic === null) throw new RpcError("can't force launch non-periodic job");
      const { evaluation, index } = await leadership.leader.periodic.force(found).catch((error: unknown) => {
        if (!(error instanceof NotTracked)) throw error;
        throw new RpcError(`force launch for job "${found.ID}" failed: ${error.message}`, { cause: error });
      });
      return { reply: { EvalID: evaluation.ID, EvalCreateIndex: index }, index };
    }),
    endpoint(planJob, async ({ request, options }) => {
      const Job = await acceptable(clock, request.Job, options.namespace, "Job required for plan");
      const reply = await dryRun(context, state.view(), Job, { diff: request.Diff });
      return { reply, index: reply.JobModifyIndex };
    }),
    readEndpoint(context, listJobs, (view, { options }) => {
      const keys = jobKey(options.namespace, options.prefix);
      const index = Math.max(view.jobs.lastIndex, view.jobSummaries.lastIndex);
      const made = () => jobStubs(view, keys);
      if (options.prefix !== "" || options.namespace !== defaultNamespace) return { result: { Jobs: made() }, index };
      return { result: { Jobs: allJobs.of([view.jobs, view.jobSummaries], made) }, index };
    }),
    readEndpoint(context, getJob, (view, asked) => {
      const found = view.jobs.get(keyAsked(asked));
      return { result: { Job: found ?? null }, index: found?.ModifyIndex ?? view.jobs.lastIndex };
    }),
    readEndpoint(context, getJobSummary, (view, asked) => {
      const found = view.jobSummaries.get(keyAsked(asked));
      return { result: { JobSummary: found ?? null }, index: found?.ModifyIndex ?? view.jobSummaries.lastIndex };
    }),
    readEndpoint(context, getJobAllocations, (view, asked) => {
      const Allocations = [...view.allocations.by("job", keyAsked(asked))].map(allocationStubOf);
      return { result: { Allocations }, index: view.allocations.lastIndex };
    }),
    readEndpoint(context, getJobEvaluations, (view, asked) => {
      const Evaluations = [...view.evaluations.by("job", keyAsked(asked))];
      return { result: { Evaluations }, index: view.evaluations.lastIndex };
    }),
  ];
}

/** The job as it is kept, or the reasons why it is not: all of them at once. */
async function acceptable(clock: Clock, given: Job | null, namespace: string, missing: string): Promise<Job> {
  if (given === null) throw new RpcError(missing, { code: 400 });
  const named = given.Namespace === "" ? { ...given, Namespace: namespace } : given;
  const job = await inTurns(clock, canonicalizeJob(named));
  const problem = await inTurns(clock, validateRegistration(job));
  if (problem !== undefined) throw new RpcError(problem);
  mustExist(job.Namespace);
  return job;
}

function mustExist(namespace: string): void {
  if (namespace !== defaultNamespace) throw new RpcError(`nonexistent namespace "${namespace}"`);
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

function evaluationOf(
  context: ServerContext,
  job: Pick<Job, "ID" | "Namespace" | "Type" | "Priority">,
  trigger: string,
): Evaluation {
  return {
    ...blankEvaluation,
    ID: context.runtime.random.uuid(),
    Namespace: job.Namespace,
    Priority: job.Priority,
    Type: job.Type,
    TriggeredBy: trigger,
    JobID: job.ID,
    Status: "pending",
  };
}

/** A change without an evaluation is told without an index: peers do the same. */
function jobChanged(Eval: Evaluation | null, index: number, Warnings = "") {
  const EvalCreateIndex = Eval === null ? 0 : index;
  return {
    reply: { EvalID: Eval?.ID ?? "", EvalCreateIndex, JobModifyIndex: index, Warnings },
    index: EvalCreateIndex,
  };
}

function existing(view: StateView, namespace: string, jobID: string): Job {
  if (jobID === "") throw new RpcError("missing job ID for evaluation");
  const found = view.jobs.get(jobKey(namespace, jobID));
  if (found === undefined) throw new RpcError("job not found", { code: 404 });
  return found;
}

function keyAsked({ options, request }: Asked<{ readonly JobID: string }>): string {
  return jobKey(options.namespace, request.JobID);
}

/** The jobs whose keys begin so, each with its summary. */
function jobStubs(view: StateView, keys: string): JobListStub[] {
  const summaries = new Map(
    [...view.jobSummaries.withPrefix(keys)].map((summary) => [jobKey(summary.Namespace, summary.JobID), summary]),
  );
  return [...view.jobs.withPrefix(keys)].map((job) =>
    jobStubOf(job, summaries.get(jobKey(job.Namespace, job.ID)) ?? null),
  );
}
