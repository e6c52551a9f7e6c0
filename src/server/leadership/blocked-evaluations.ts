import type { Evaluation, EvaluationID, LogIndex } from "../../model/index.ts";
import { jobKey } from "../../state/index.ts";

/** What became of an evaluation that came to wait for capacity. */
export type Blocking =
  | { readonly kind: "waits" }
  /** Capacity came while the scheduler was still looking: it must look again at once. */
  | { readonly kind: "missed" }
  /** The job already has one waiting; this one is to be canceled. */
  | { readonly kind: "duplicate" };

/**
 * Evaluations whose job did not fit, until there is new capacity that they have not seen.
 *
 * Capacity is announced by computed class of the node. An evaluation knows which classes it may run on; one that
 * depends on a single node's properties has *escaped* the classes and is released by any capacity.
 * Source of the rules: Nomad's blocked evaluations.
 */
export class BlockedEvaluations {
  readonly #waiting = new Map<EvaluationID, Evaluation>();
  readonly #jobs = new Map<string, EvaluationID>();
  /** Index of the last capacity gained, by class. */
  readonly #gained = new Map<string, LogIndex>();

  block(evaluation: Evaluation): Blocking {
    const job = jobKey(evaluation.Namespace, evaluation.JobID);
    const other = this.#jobs.get(job);
    if (other !== undefined && other !== evaluation.ID) return { kind: "duplicate" };
    if (this.#missed(evaluation)) {
      this.#forget(evaluation.ID);
      return { kind: "missed" };
    }
    this.#jobs.set(job, evaluation.ID);
    this.#waiting.set(evaluation.ID, evaluation);
    return { kind: "waits" };
  }

  /** A node of `computedClass` has room since `index`: takes out and returns those that may use it. */
  capacityGained(computedClass: string, index: LogIndex): Evaluation[] {
    this.#gained.set(computedClass, Math.max(index, this.#gained.get(computedClass) ?? 0));
    return this.#take((evaluation) => mayUse(evaluation, computedClass));
  }

  /** Takes out those that wait only because their plans met too many conflicts: they are worth another try. */
  takeConflicted(): Evaluation[] {
    return this.#take((evaluation) => evaluation.TriggeredBy === "max-plan-attempts");
  }

  /** The evaluation needs no waiting any more: it was completed, canceled or collected. */
  remove(id: EvaluationID): void {
    this.#forget(id);
  }

  /** The job is gone or was registered anew: what waits for it is stale. */
  takeOfJob(namespace: string, jobID: string): Evaluation[] {
    const job = jobKey(namespace, jobID);
    return this.#take((evaluation) => jobKey(evaluation.Namespace, evaluation.JobID) === job);
  }

  statistics(): { blocked: number; escaped: number } {
    const escaped = [...this.#waiting.values()].filter((evaluation) => evaluation.EscapedComputedClass).length;
    return { blocked: this.#waiting.size, escaped };
  }

  #missed(evaluation: Evaluation): boolean {
    for (const [computedClass, index] of this.#gained) {
      if (index > evaluation.SnapshotIndex && mayUse(evaluation, computedClass)) return true;
    }
    return false;
  }

  #take(wanted: (evaluation: Evaluation) => boolean): Evaluation[] {
    const taken = [...this.#waiting.values()].filter(wanted);
    for (const evaluation of taken) this.#forget(evaluation.ID);
    return taken;
  }

  #forget(id: EvaluationID): void {
    const evaluation = this.#waiting.get(id);
    if (evaluation === undefined) return;
    this.#waiting.delete(id);
    this.#jobs.delete(jobKey(evaluation.Namespace, evaluation.JobID));
  }
}

/** A class the scheduler has not met may be eligible too. */
function mayUse(evaluation: Evaluation, computedClass: string): boolean {
  return evaluation.EscapedComputedClass || evaluation.ClassEligibility[computedClass] !== false;
}
