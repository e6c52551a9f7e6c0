import { type Duration, hours } from "../../base/index.ts";
import {
  type Allocation,
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

/** What is collected; `force-gc` collects all of it, whatever its age. */
export type CollectionKind = "eval-gc" | "job-gc" | "node-gc" | "force-gc";

/** What nobody needs any more. */
export interface Garbage {
  readonly evaluations: readonly EvaluationID[];
  readonly allocations: readonly AllocationID[];
  readonly jobs: readonly Pick<Job, "ID" | "Namespace">[];
  readonly nodes: readonly NodeID[];
}

/** How old what is done with must be before it is collected. */
export interface CollectionAges {
  readonly evaluation: Duration;
  readonly job: Duration;
  readonly node: Duration;
}

/** Ages of 0.4.1; the one for nodes can be configured. */
export const defaultAges: CollectionAges = { evaluation: hours(1), job: hours(4), node: hours(24) };

/**
 * Looks for what is done with and older than its age, `now` in nanoseconds since the epoch; a forced collection
 * asks no age. The rules are those of Nomad 0.4.1, without their traps: a job that never ran is kept, evaluations of a
 * job that is gone are collected whatever its type was, and a job that was stopped is collected even when nothing else
 * of it is left.
 */
export function collectGarbage(
  view: StateView,
  kind: CollectionKind,
  context: { readonly now: number; readonly ages: CollectionAges },
): Garbage {
  const collects = (one: CollectionKind) => kind === one || kind === "force-gc";
  const cutoff = (age: Duration) => (kind === "force-gc" ? view.index : view.indexAt(context.now - age));
  const jobs = collects("job-gc") ? finishedJobs(view, cutoff(context.ages.job)) : [];
  const keys = jobs.map(keyOf);
  const evaluations = new Set(keys.flatMap((key) => [...view.evaluations.by("job", key)].map(({ ID }) => ID)));
  const allocations = new Set(keys.flatMap((key) => [...view.allocations.by("job", key)].map(({ ID }) => ID)));
  if (collects("eval-gc")) {
    for (const old of oldEvaluations(view, cutoff(context.ages.evaluation))) {
      for (const { ID } of old.allocations) allocations.add(ID);
      if (old.isWhole) evaluations.add(old.evaluation.ID);
    }
  }
  return {
    evaluations: [...evaluations],
    allocations: [...allocations],
    jobs: jobs.map(({ ID, Namespace }) => ({ ID, Namespace })),
    nodes: collects("node-gc") ? goneNodes(view, cutoff(context.ages.node)) : [],
  };
}

/** Jobs that run no more: stopped, or batch jobs that ran. A dead batch job did; one that never ran is not dead. */
function finishedJobs(view: StateView, cutoff: LogIndex): Job[] {
  return [...view.jobs.all()].filter((job) => {
    const ends = job.Stop || (job.Type === "batch" && !isPeriodic(job));
    if (!ends || job.Status !== "dead" || job.ModifyIndex > cutoff) return false;
    const isOld = isOldUpTo(cutoff);
    return [...view.evaluations.by("job", keyOf(job)), ...view.allocations.by("job", keyOf(job))].every(isOld);
  });
}

interface OldEvaluation {
  readonly evaluation: Evaluation;
  /** Those of its allocations that are old too. */
  readonly allocations: readonly Allocation[];
  /** All of its allocations are, so that it can go. */
  readonly isWhole: boolean;
}

/** Evaluations of batch jobs stay as long as the job: their allocations show that it ran. */
function* oldEvaluations(view: StateView, cutoff: LogIndex): Iterable<OldEvaluation> {
  const isOld = isOldUpTo(cutoff);
  for (const evaluation of view.evaluations.all()) {
    if (!isOld(evaluation)) continue;
    const isOfBatch = evaluation.Type === "batch" && view.jobs.get(jobKey(evaluation.Namespace, evaluation.JobID));
    if (isOfBatch) continue;
    const all = [...view.allocations.by("evaluation", evaluation.ID)];
    const allocations = all.filter(isOld);
    yield { evaluation, allocations, isWhole: allocations.length === all.length };
  }
}

function goneNodes(view: StateView, cutoff: LogIndex): NodeID[] {
  return [...view.nodes.all()]
    .filter((node) => node.Status === "down" && node.ModifyIndex <= cutoff)
    .filter((node) => [...view.allocations.by("node", node.ID)].every(isTerminalAllocation))
    .map((node) => node.ID);
}

/** True of what is over and was not touched since `cutoff`. */
function isOldUpTo(cutoff: LogIndex): (row: Evaluation | Allocation) => boolean {
  return (row) =>
    row.ModifyIndex <= cutoff && ("DesiredStatus" in row ? isTerminalAllocation(row) : isTerminalEvaluation(row));
}

function keyOf(job: Pick<Job, "ID" | "Namespace">): string {
  return jobKey(job.Namespace, job.ID);
}
