import fc from "fast-check";
import { defaultSchedulerConfiguration } from "../model/index.ts";
import type { Command } from "./command.ts";
import { allocationsClientUpdate } from "./commands/allocations-client-update.ts";
import { evaluationsDelete } from "./commands/evaluations-delete.ts";
import { evaluationsUpdate } from "./commands/evaluations-update.ts";
import { jobDeregister } from "./commands/job-deregister.ts";
import { jobRegister } from "./commands/job-register.ts";
import { jobsForget } from "./commands/jobs-forget.ts";
import { nodeDeregister } from "./commands/node-deregister.ts";
import { nodeDrain } from "./commands/node-drain.ts";
import { nodeEligibility } from "./commands/node-eligibility.ts";
import { nodeRegister } from "./commands/node-register.ts";
import { nodeStatus } from "./commands/node-status.ts";
import { planResults } from "./commands/plan-results.ts";
import { schedulerConfigure } from "./commands/scheduler-configure.ts";
import { summariesReconcile } from "./commands/summaries-reconcile.ts";
import { aJob, aNode, anAllocation, anEvaluation } from "./scripted-state.ts";
import { jobKey, type StateView } from "./view.ts";

/** A command and its request, made when its turn comes: a plan is made from the state that there is. */
export type Step = (view: StateView) => { readonly command: Command<unknown>; readonly request: unknown };

const step = <Request>(command: Command<Request>, request: Request): ReturnType<Step> => ({
  command: command as Command<unknown>,
  request,
});

const periodic = { Enabled: true, Spec: "@daily", SpecType: "cron" };
/** Groups that allocations are of. */
export const groups = ["app", "db", "__proto__"];
const jobIDs = ["web", "Web", "api", "cron", "cron/periodic-5"];

const jobs = fc
  .record({ ID: fc.constantFrom(...jobIDs), Priority: fc.constantFrom(50, 70), TaskGroups: fc.subarray(groups) })
  .map(({ ID, Priority, TaskGroups }) =>
    aJob({
      ID,
      Priority,
      TaskGroups: TaskGroups.map((Name) => ({ Name })),
      ParentID: ID.startsWith("cron/") ? "cron" : "",
      Periodic: ID === "cron" ? periodic : null,
    }),
  );
const nodeIDs = fc.constantFrom("n1", "n2", "N3");
/** The job of an evaluation follows from its id, since it never changes. */
const evaluationOf = (JobID: string) =>
  fc
    .record({
      number: fc.nat(2),
      Status: fc.constantFrom("pending", "blocked", "complete", "failed", "canceled"),
      QueuedAllocations: fc.dictionary(fc.constantFrom(...groups), fc.nat(3)),
    })
    .map(({ number, ...fields }) => anEvaluation({ ID: `e${number} of ${JobID}`, JobID, ...fields }));
const evaluations = fc.constantFrom(...jobIDs).chain(evaluationOf);
/** Job, group and node of an allocation follow from its id, since they never change. */
const allocations = fc
  .record({
    number: fc.nat(9),
    DesiredStatus: fc.constantFrom("run", "run", "stop", "evict"),
    ClientStatus: fc.constantFrom("pending", "running", "complete", "failed", "lost", "unknown"),
    previous: fc.option(fc.nat(9)),
  })
  .map(({ number, previous, ...fields }) =>
    anAllocation({
      ID: `a${number}`,
      JobID: jobIDs[number % jobIDs.length],
      TaskGroup: groups[number % groups.length],
      NodeID: `n${number % 4}`,
      PreviousAllocation: previous === null ? "" : `a${previous}`,
      Metrics: { NodesEvaluated: number, ScoreMetaData: [{ NodeID: "n1", Scores: { binpack: number / 8 } }] },
      TaskStates: { main: { State: "running", Events: [{ Type: "Started", Time: number }] } },
      ...fields,
    }),
  );
const Evals = fc.array(evaluations, { maxLength: 3 });

const plans = fc.array(allocations, { minLength: 1, maxLength: 4 }).map(
  (planned): Step =>
    (view) => {
      const ofOneJob = planned.filter((allocation) => allocation.JobID === planned[0]?.JobID);
      const byNode = (stops: boolean) =>
        Object.fromEntries(
          ofOneJob
            .filter((allocation) => (allocation.DesiredStatus !== "run") === stops)
            .map((allocation) => [allocation.ID, [stops ? allocation : { ...allocation, ClientStatus: "pending" }]]),
        );
      const Job = view.jobs.get(jobKey("default", ofOneJob[0]?.JobID ?? "")) ?? null;
      return step(planResults, { Job, EvalID: "e1", NodeUpdate: byNode(true), NodeAllocation: byNode(false) });
    },
);

const preemptions = fc.tuple(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 3 }), Evals).map(
  ([pairs, PreemptionEvals]): Step =>
    () => {
      const evictions = pairs.map(([number, by]) => ({ ID: `a${number}`, PreemptedByAllocation: `a${by}` }));
      const nothing = { Job: null, EvalID: "e1", NodeUpdate: {}, NodeAllocation: {} };
      return step(planResults, { ...nothing, NodePreemptions: { n1: evictions }, PreemptionEvals });
    },
);

/** Everything that happens to a job that is never purged and of which nothing is collected. */
export const growingSteps: fc.Arbitrary<Step> = fc.oneof(
  jobs.chain((Job) =>
    fc.option(evaluationOf(Job.ID)).map(
      (Eval): Step =>
        () =>
          step(jobRegister, { Job, Eval }),
    ),
  ),
  Evals.map(
    (found): Step =>
      () =>
        step(evaluationsUpdate, { Evals: found }),
  ),
  plans,
  preemptions,
  fc.tuple(fc.array(allocations, { maxLength: 4 }), Evals).map(
    ([Allocs, called]): Step =>
      () =>
        step(allocationsClientUpdate, { Allocs, Evals: called }),
  ),
  fc.constantFrom(...jobIDs).chain((JobID) =>
    fc.option(evaluationOf(JobID)).map(
      (Eval): Step =>
        () =>
          step(jobDeregister, { Namespace: "default", JobID, Purge: false, Eval }),
    ),
  ),
);

/** Of drains: those without one go on until they are ended. */
const times = fc.constantFrom(null, "1970-01-01T00:00:00Z");

const nodeSteps = fc.oneof(
  fc.tuple(nodeIDs, fc.constantFrom("ready", "down", "initializing"), Evals).map(
    ([ID, Status, called]): Step =>
      () =>
        step(nodeRegister, { Node: aNode({ ID, Status }), Evals: called }),
  ),
  fc.tuple(nodeIDs, fc.constantFrom("ready", "down"), Evals).map(
    ([NodeID, Status, called]): Step =>
      () =>
        step(nodeStatus, { NodeID, Status, Evals: called }),
  ),
  fc.tuple(nodeIDs, fc.boolean(), fc.boolean(), times).map(([NodeID, drains, MarkEligible, StartedAt]): Step => {
    const DrainStrategy = { Deadline: -1e9, IgnoreSystemJobs: false, ForceDeadline: null, StartedAt };
    return () => step(nodeDrain, { NodeID, DrainStrategy: drains ? DrainStrategy : null, MarkEligible, Evals: [] });
  }),
  nodeIDs.map((NodeID): Step => {
    const over = { DrainStrategy: null, MarkEligible: false, Evals: [], IfOver: true };
    return () => step(nodeDrain, { NodeID, ...over });
  }),
  fc.tuple(nodeIDs, fc.constantFrom("eligible", "ineligible")).map(
    ([NodeID, Eligibility]): Step =>
      () =>
        step(nodeEligibility, { NodeID, Eligibility, Evals: [] }),
  ),
  fc.tuple(nodeIDs, Evals).map(
    ([NodeID, called]): Step =>
      () =>
        step(nodeDeregister, { NodeID, Evals: called }),
  ),
);

/** Everything that can happen to a state, in any order. */
export const steps: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: growingSteps, weight: 6 },
  { arbitrary: nodeSteps, weight: 3 },
  fc.constantFrom(...jobIDs).map(
    (JobID): Step =>
      () =>
        step(jobDeregister, { Namespace: "default", JobID, Purge: true, Eval: null }),
  ),
  fc.constantFrom(...jobIDs).map(
    (ID): Step =>
      () =>
        step(jobsForget, { Jobs: [{ Namespace: "default", ID }] }),
  ),
  fc.tuple(fc.array(evaluations), fc.array(allocations)).map(
    ([oldEvaluations, oldAllocations]): Step =>
      () =>
        step(evaluationsDelete, {
          Evals: oldEvaluations.map(({ ID }) => ID),
          Allocs: oldAllocations.map(({ ID }) => ID),
        }),
  ),
  fc.constant<Step>(() => step(summariesReconcile, {})),
  fc.tuple(fc.constantFrom("binpack", "spread"), fc.option(fc.nat(3))).map(([SchedulerAlgorithm, Check]): Step => {
    return () => step(schedulerConfigure, { Config: { ...defaultSchedulerConfiguration, SchedulerAlgorithm }, Check });
  }),
);
