import { type Duration, hours } from "../../base/index.ts";
import {
  type AllocationID,
  type Evaluation,
  type EvaluationID,
  isPeriodic,
  isTerminalAllocation,
  isTerminalEvaluation,
  type Job,
  type LogIndex,
  type NodeID,
} from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";

export type CollectionKind = "eval-gc" | "job-gc" | "node-gc" | "force-gc";

/** What nobody needs any more. */
export interface Garbage {
  readonly evaluations: readonly EvaluationID[];
  readonly allocations: readonly AllocationID[];
  readonly jobs: readonly Pick<Job, "ID" | "Namespace">[];
  readonly nodes: readonly NodeID[];
}

export interface CollectionAges {
  readonly evaluation: Duration;
  readonly job: Duration;
  readonly node: Duration;
}

/** Ages of 0.4.1; the one for nodes can be configured. */
export const defaultAges: CollectionAges = { evaluation: hours(1), job: hours(4), node: hours(24) };

/**
 * Looks for what is done with and older than its age, `now` in nanoseconds since the epoch; a forced collection
 * asks no age. Source: `server.md` §12, without its traps: a job that never ran is kept while it may run, and
 * evaluations of a job that is gone are collected whatever its type was.
 */
export function collectGarbage(
  view: StateView,
  kind: CollectionKind,
  context: { readonly now: number; readonly ages: CollectionAges },
): Garbage {
  const cutoff = (age: Duration) => (kind === "force-gc" ? view.index : view.indexAt(context.now - age));
  const jobs = kind === "job-gc" || kind === "force-gc" ? finishedJobs(view, cutoff(context.ages.job)) : [];
  const ofJobs = jobs.map((job) => evaluationsOf(view, job));
  const old = kind === "eval-gc" || kind === "force-gc" ? oldEvaluations(view, cutoff(context.ages.evaluation)) : empty;
  const nodes = kind === "node-gc" || kind === "force-gc" ? goneNodes(view, cutoff(context.ages.node)) : [];
  return {
    evaluations: [...new Set([...ofJobs.flatMap((found) => found.evaluations), ...old.evaluations])],
    allocations: [...new Set([...ofJobs.flatMap((found) => found.allocations), ...old.allocations])],
    jobs: jobs.map(({ ID, Namespace }) => ({ ID, Namespace })),
    nodes,
  };
}

interface Found {
  readonly evaluations: readonly EvaluationID[];
  readonly allocations: readonly AllocationID[];
}

const empty: Found = { evaluations: [], allocations: [] };

function finishedJobs(view: StateView, cutoff: LogIndex): Job[] {
  return [...view.jobs.all()].filter((job) => {
    const ends = job.Stop || (job.Type === "batch" && !isPeriodic(job));
    if (!ends || job.Status !== "dead" || job.CreateIndex > cutoff) return false;
    const evaluations = [...view.evaluations.by("job", keyOf(job))];
    return evaluations.length > 0 && evaluations.every((evaluation) => isDone(view, evaluation, cutoff));
  });
}

function evaluationsOf(view: StateView, job: Job): Found {
  return {
    evaluations: [...view.evaluations.by("job", keyOf(job))].map((evaluation) => evaluation.ID),
    allocations: [...view.allocations.by("job", keyOf(job))].map((allocation) => allocation.ID),
  };
}

/** Evaluations of batch jobs stay as long as the job: they show that it ran. */
function oldEvaluations(view: StateView, cutoff: LogIndex): Found {
  const evaluations: EvaluationID[] = [];
  const allocations: AllocationID[] = [];
  for (const evaluation of view.evaluations.all()) {
    if (!isTerminalEvaluation(evaluation) || evaluation.ModifyIndex > cutoff) continue;
    const job = view.jobs.get(keyOf({ Namespace: evaluation.Namespace, ID: evaluation.JobID }));
    if (evaluation.Type === "batch" && job !== undefined) continue;
    const held = [...view.allocations.by("evaluation", evaluation.ID)];
    const old = held.filter((allocation) => isTerminalAllocation(allocation) && allocation.ModifyIndex <= cutoff);
    allocations.push(...old.map((allocation) => allocation.ID));
    if (old.length === held.length) evaluations.push(evaluation.ID);
  }
  return { evaluations, allocations };
}

function goneNodes(view: StateView, cutoff: LogIndex): NodeID[] {
  return [...view.nodes.all()]
    .filter((node) => node.Status === "down" && node.ModifyIndex <= cutoff)
    .filter((node) => [...view.allocations.by("node", node.ID)].every(isTerminalAllocation))
    .map((node) => node.ID);
}

function isDone(view: StateView, evaluation: Evaluation, cutoff: LogIndex): boolean {
  if (!isTerminalEvaluation(evaluation) || evaluation.ModifyIndex > cutoff) return false;
  return [...view.allocations.by("evaluation", evaluation.ID)].every(
    (allocation) => isTerminalAllocation(allocation) && allocation.ModifyIndex <= cutoff,
  );
}

function keyOf(job: Pick<Job, "ID" | "Namespace">): string {
  return jobKey(job.Namespace, job.ID);
}
