/**
 * The scheduler: what has to happen so that a job runs as it should, decided from a view of the state and nothing
 * else. Read on in this order: `kinds/` say how each type of job is brought up, `reconcile/` sorts what is there from
 * what is wanted, `select.ts` finds nodes by `feasibility/` (may it run there?) and `ranking/` (how well?).
 */
import { allAtOnce, dictionary, type Steps } from "../base/index.ts";
import type { Evaluation } from "../model/index.ts";
import type { StateView } from "../state/index.ts";
import type { Assignment } from "./findings.ts";
import { batch } from "./kinds/batch.ts";
import { scheduleCounted } from "./kinds/counted.ts";
import { service } from "./kinds/service.ts";
import { scheduleSystem } from "./kinds/system.ts";
import type { SchedulingContext, SchedulingOutcome } from "./outcome.ts";
import { wantedJob } from "./reconcile/wanted.ts";

interface Scheduler {
  readonly triggers: ReadonlySet<string>;
  readonly schedule: (assignment: Assignment) => Steps<SchedulingOutcome>;
}

const systemTriggers = ["job-register", "node-update", "job-deregister", "rolling-update", "preemption"];
const countedTriggers = new Set([...systemTriggers, "periodic-job", "max-plan-attempts"]);

const schedulers: ReadonlyMap<string, Scheduler> = new Map([
  ["service", { triggers: countedTriggers, schedule: (assignment) => scheduleCounted(assignment, service) }],
  ["batch", { triggers: countedTriggers, schedule: (assignment) => scheduleCounted(assignment, batch) }],
  ["system", { triggers: new Set(systemTriggers), schedule: scheduleSystem }],
]);

/**
 * One attempt at an evaluation. Pure: the same view, evaluation and context (its random source in the same state)
 * give the same outcome to the last byte. What follows from the outcome is said in `scheduling-run.ts`.
 */
export function schedule(view: StateView, evaluation: Evaluation, context: SchedulingContext): SchedulingOutcome {
  return allAtOnce(scheduleInSteps(view, evaluation, context));
}

/** The same, in steps of well under a millisecond: whoever takes them may do something else in between. */
export function* scheduleInSteps(
  view: StateView,
  evaluation: Evaluation,
  context: SchedulingContext,
): Steps<SchedulingOutcome> {
  const need = asOfItsJob(view, evaluation);
  const scheduler = schedulers.get(need.Type);
  if (scheduler === undefined) return refused(view, evaluation, `unknown scheduler '${need.Type}'`);
  if (!scheduler.triggers.has(evaluation.TriggeredBy)) {
    return refused(view, evaluation, `scheduler cannot handle '${evaluation.TriggeredBy}' evaluation reason`);
  }
  return yield* scheduler.schedule({ view, evaluation: need, context });
}

/**
 * The evaluation, of the type that its job has now. One that a stop has left is for services, whatever the job was, and the
 * job may be registered again before anybody looks at it: to bring a system job up as a service would move its allocations
 * from node to node.
 */
function asOfItsJob(view: StateView, evaluation: Evaluation): Evaluation {
  const job = schedulers.has(evaluation.Type) ? wantedJob(view, evaluation) : undefined;
  return job === undefined || job.Type === evaluation.Type ? evaluation : { ...evaluation, Type: job.Type };
}

function refused(view: StateView, evaluation: Evaluation, refusal: string): SchedulingOutcome {
  return {
    viewIndex: view.index,
    plan: {
      EvalID: evaluation.ID,
      EvalToken: "",
      Priority: evaluation.Priority,
      AllAtOnce: false,
      Job: null,
      NodeUpdate: dictionary(),
      NodeAllocation: dictionary(),
      NodePreemptions: dictionary(),
      Annotations: null,
      SnapshotIndex: view.index,
    },
    isPart: false,
    unplaced: new Map(),
    queued: new Map(),
    blocked: undefined,
    rolling: undefined,
    eligibility: { classes: new Map(), escaped: false },
    refusal,
  };
}
