import type { Evaluation, EvaluationID, LogIndex } from "../../model/index.ts";
import { jobKey } from "../../state/index.ts";

/** What became of an evaluation that came to wait for capacity. */
export type Blocking =
  /** `replaces`: the older evaluation of the job that waited so far; it is to be canceled. */
  | { readonly kind: "waits"; readonly replaces?: Evaluation }
  /** Capacity came while the scheduler was still looking: it must look again at once. */
  | { readonly kind: "missed" }
  /** A newer evaluation of the job waits already; this one is to be canceled. */
  | { readonly kind: "outdated" };

/** Classes of which is remembered when they last gained capacity; older news are remembered as one. */
const mostClasses = 1024;

/**
 * Evaluations whose job did not fit, until there is new capacity that they have not seen.
 *
 * Capacity is announced by computed class of the node. An evaluation knows which classes it may run on; one that
 * depends on a single node's properties has *escaped* the classes and is released by any capacity.
 * A job has one evaluation waiting: the newest, for only that knows what the job asks for now.
 */
export class BlockedEvaluations {
  readonly #waiting = new Map<EvaluationID, Evaluation>();
  readonly #ofJob = new Map<string, Evaluation>();
  /** Index of the last capacity gained, by class; the class that gained it longest ago comes first. */
  readonly #gained = new Map<string, LogIndex>();
  /** Up to here some class may have gained capacity of which nothing more is known. */
  #gainedBefore: LogIndex;

  /** What capacity came up to `index` is not known: an evaluation that was decided on an older view looks again. */
  constructor(index: LogIndex) {
    this.#gainedBefore = index;
  }

  block(evaluation: Evaluation): Blocking {
    const other = this.#ofJob.get(jobOf(evaluation));
    const isOther = other !== undefined && other.ID !== evaluation.ID;
    if (isOther && other.CreateIndex >= evaluation.CreateIndex) return { kind: "outdated" };
    if (this.#missed(evaluation)) {
      this.remove(evaluation.ID);
      return { kind: "missed" };
    }
    if (isOther) this.remove(other.ID);
    this.#ofJob.set(jobOf(evaluation), evaluation);
    this.#waiting.set(evaluation.ID, evaluation);
    return isOther ? { kind: "waits", replaces: other } : { kind: "waits" };
  }

  /** Nodes of these classes have room since `index`: takes out and returns those that may use it. */
  capacityGained(computedClasses: ReadonlySet<string>, index: LogIndex): Evaluation[] {
    for (const computedClass of computedClasses) this.#noteGain(computedClass, index);
    const classes = [...computedClasses];
    return this.#take((evaluation) => classes.some((computedClass) => mayUse(evaluation, computedClass)));
  }

  /** Takes out those that wait only because their plans met too many conflicts: they are worth another try. */
  takeConflicted(): Evaluation[] {
    return this.#take((evaluation) => evaluation.TriggeredBy === "max-plan-attempts");
  }

  /** Takes out what waits for a job: the job is gone, and its evaluation can be finished. */
  takeOfJob(namespace: string, jobID: string): Evaluation | undefined {
    const evaluation = this.#ofJob.get(jobKey(namespace, jobID));
    if (evaluation !== undefined) this.remove(evaluation.ID);
    return evaluation;
  }

  /** The evaluation needs no waiting any more: it was completed, canceled or collected. */
  remove(id: EvaluationID): void {
    const evaluation = this.#waiting.get(id);
    if (evaluation === undefined) return;
    this.#waiting.delete(id);
    this.#ofJob.delete(jobOf(evaluation));
  }

  /** All that wait. */
  waiting(): Iterable<Evaluation> {
    return this.#waiting.values();
  }

  statistics(): { blocked: number; escaped: number } {
    const escaped = [...this.#waiting.values()].filter((evaluation) => evaluation.EscapedComputedClass).length;
    return { blocked: this.#waiting.size, escaped };
  }

  #noteGain(computedClass: string, index: LogIndex): void {
    this.#gained.delete(computedClass);
    this.#gained.set(computedClass, index);
    if (this.#gained.size <= mostClasses) return;
    const [oldest, gainedAt] = this.#gained.entries().next().value as [string, LogIndex];
    this.#gained.delete(oldest);
    this.#gainedBefore = Math.max(this.#gainedBefore, gainedAt);
  }

  #missed(evaluation: Evaluation): boolean {
    if (evaluation.SnapshotIndex < this.#gainedBefore) return true;
    for (const [computedClass, index] of this.#gained) {
      if (index > evaluation.SnapshotIndex && mayUse(evaluation, computedClass)) return true;
    }
    return false;
  }

  #take(wanted: (evaluation: Evaluation) => boolean): Evaluation[] {
    const taken = [...this.#waiting.values()].filter(wanted);
    for (const evaluation of taken) this.remove(evaluation.ID);
    return taken;
  }
}

/** A class the scheduler has not met may be eligible too. */
function mayUse(evaluation: Evaluation, computedClass: string): boolean {
  return evaluation.EscapedComputedClass || evaluation.ClassEligibility[computedClass] !== false;
}

function jobOf(evaluation: Evaluation): string {
  return jobKey(evaluation.Namespace, evaluation.JobID);
}
