/**
 * From outcomes to a finished evaluation: the rules of the loop "plan refused, refresh, again", without the loop.
 * The worker that waits and talks keeps one `SchedulingRun` while it holds an evaluation:
 *
 *     let run = beginRun();
 *     for (;;) {
 *       const outcome = schedule(view, evaluation, context);
 *       const attempt = attempted(run, outcome);
 *       note attempt.create                                 to be stored at the end
 *       const result = attempt.plan && submit attempt.plan  Plan.Submit, with the token
 *       const next = settled({ evaluation, run: attempt.run, outcome, result, context });
 *       again:    view = a view at next.refreshIndex or newer; run = next.run; continue
 *       finished: store what was noted, next.create and next.evaluation, and acknowledge: Eval.Finish
 *       reblock:  store what was noted and next.evaluation, which goes on waiting, and acknowledge
 *     }
 *
 * Anything thrown on the way is a reason to give the evaluation back (nack).
 */
import { dictionary } from "../base/index.ts";
import type { AllocationID, Evaluation, EvaluationID, LogIndex, Plan, PlanResult } from "../model/index.ts";
import { eligibilityFields, retryEvaluation } from "./follow-ups.ts";
import type { SchedulingContext, SchedulingOutcome } from "./outcome.ts";

/** What a worker must remember of earlier attempts at the evaluation it holds. */
export interface SchedulingRun {
  /** Attempts in a row of which nothing was committed. */
  readonly fruitless: number;
  /** The evaluation created to wait for capacity; empty if there is none. */
  readonly blockedID: EvaluationID;
  /** The evaluation created to go on with a rolling update; empty if there is none. */
  readonly nextID: EvaluationID;
}

/** One attempt as the world is to see it: what is to be created, and which plan to submit, if any. */
export interface Attempt {
  readonly run: SchedulingRun;
  readonly create: readonly Evaluation[];
  readonly plan: Plan | undefined;
}

/** What comes after an attempt. More than one plan holds is done plan by plan: each is an attempt. All evaluations carry the `SnapshotIndex` of the view that was looked at. */
export type NextStep =
  | { readonly kind: "again"; readonly run: SchedulingRun; readonly refreshIndex: LogIndex }
  | { readonly kind: "finished"; readonly create: readonly Evaluation[]; readonly evaluation: Evaluation }
  | { readonly kind: "reblock"; readonly evaluation: Evaluation };

/** Part of a plan was refused without a word about the index from which to try again. */
export class MissingStateRefresh extends Error {
  override readonly name = "MissingStateRefresh";
  constructor() {
    super("missing state refresh after partial commit");
  }
}

/** Fruitless attempts after which an evaluation fails, by type of job. */
const attemptLimits: ReadonlyMap<string, number> = new Map([
  ["service", 5],
  ["batch", 2],
  ["system", 5],
]);

export function beginRun(): SchedulingRun {
  return { fruitless: 0, blockedID: "", nextID: "" };
}

/** Each run creates one blocked and one rolling evaluation at most, however often it tries. */
export function attempted(run: SchedulingRun, outcome: SchedulingOutcome): Attempt {
  const blocked = run.blockedID === "" ? outcome.blocked : undefined;
  const rolling = run.nextID === "" ? outcome.rolling : undefined;
  return {
    run: { ...run, blockedID: blocked?.ID ?? run.blockedID, nextID: rolling?.ID ?? run.nextID },
    create: [blocked, rolling].filter((evaluation) => evaluation !== undefined),
    plan: isWorthSubmitting(outcome.plan) ? outcome.plan : undefined,
  };
}

/** `result` is missing if no plan was submitted. Throws `MissingStateRefresh`. */
export function settled(attempt: {
  readonly evaluation: Evaluation;
  readonly run: SchedulingRun;
  readonly outcome: SchedulingOutcome;
  readonly result: PlanResult | undefined;
  readonly context: SchedulingContext;
}): NextStep {
  const { evaluation, run, outcome, result } = attempt;
  if (outcome.refusal !== undefined) {
    return { kind: "finished", create: [], evaluation: { ...evaluation, ...failed(outcome.refusal) } };
  }
  const summed = withResults(evaluation, run, outcome, result);
  if (result === undefined || isSettled(outcome.plan, result)) {
    if (outcome.isPart && result !== undefined) {
      return { kind: "again", run: { ...run, fruitless: 0 }, refreshIndex: result.AllocIndex };
    }
    if (mustStayBlocked(evaluation, outcome))
      return { kind: "reblock", evaluation: reblocked(evaluation, outcome, summed) };
    return { kind: "finished", create: [], evaluation: { ...summed, Status: "complete", StatusDescription: "" } };
  }
  if (result.RefreshIndex === 0) throw new MissingStateRefresh();
  const fruitless = hasEntries(result) ? 0 : run.fruitless + 1;
  const limit = attemptLimits.get(evaluation.Type) ?? 1;
  if (fruitless < limit) return { kind: "again", run: { ...run, fruitless }, refreshIndex: result.RefreshIndex };
  return givenUp(summed, { ...attempt, limit });
}

/** A refresh index asks for another look even if all that was proposed is in. */
function isSettled(plan: Plan, result: PlanResult): boolean {
  return result.RefreshIndex === 0 && placedIn(plan) === placedIn(result);
}

function mustStayBlocked(evaluation: Evaluation, outcome: SchedulingOutcome): boolean {
  return evaluation.Status === "blocked" && outcome.unplaced.size > 0;
}

/** The evaluation with what this attempt found out, whatever becomes of it. */
function withResults(
  evaluation: Evaluation,
  run: SchedulingRun,
  outcome: SchedulingOutcome,
  result: PlanResult | undefined,
): Evaluation {
  return {
    ...evaluation,
    NextEval: run.nextID === "" ? evaluation.NextEval : run.nextID,
    BlockedEval: run.blockedID === "" ? evaluation.BlockedEval : run.blockedID,
    FailedTGAllocs: dictionary(outcome.unplaced),
    QueuedAllocations: dictionary(stillQueued(outcome, result)),
    SnapshotIndex: outcome.viewIndex,
  };
}

/**
 * What is left to place once `result` is committed. New allocations are told from updates in place by the plan, where
 * they have no index yet: indexes in the result depend on what else was logged meanwhile.
 */
function stillQueued(outcome: SchedulingOutcome, result: PlanResult | undefined): ReadonlyMap<string, number> {
  const queued = new Map(outcome.queued);
  if (result === undefined) return queued;
  const updated = new Set<AllocationID>();
  for (const allocations of Object.values(outcome.plan.NodeAllocation)) {
    for (const { ID, CreateIndex } of allocations) if (CreateIndex !== 0) updated.add(ID);
  }
  for (const allocations of Object.values(result.NodeAllocation)) {
    for (const { ID, TaskGroup } of allocations) {
      if (!updated.has(ID)) queued.set(TaskGroup, (queued.get(TaskGroup) ?? 0) - 1);
    }
  }
  return queued;
}

/** It goes on waiting as the evaluation it is, for the classes of nodes that count now. */
function reblocked(evaluation: Evaluation, outcome: SchedulingOutcome, summed: Evaluation): Evaluation {
  return {
    ...evaluation,
    ...eligibilityFields(outcome.eligibility),
    QueuedAllocations: summed.QueuedAllocations,
    SnapshotIndex: outcome.viewIndex,
  };
}

/**
 * Other schedulers were always faster: the evaluation fails. Except for system jobs, which each change of a node looks
 * at anyway, what is left to do waits as a blocked evaluation, unless one waits already.
 */
function givenUp(
  summed: Evaluation,
  attempt: {
    readonly evaluation: Evaluation;
    readonly run: SchedulingRun;
    readonly outcome: SchedulingOutcome;
    readonly context: SchedulingContext;
    readonly limit: number;
  },
): NextStep {
  const { evaluation, run, outcome, context, limit } = attempt;
  const failure = { ...summed, ...failed(`maximum attempts reached (${limit})`) };
  if (evaluation.Type === "system" || run.blockedID !== "")
    return { kind: "finished", create: [], evaluation: failure };
  const retry = retryEvaluation(evaluation, outcome, context);
  return { kind: "finished", create: [retry], evaluation: { ...failure, BlockedEval: retry.ID } };
}

function failed(description: string) {
  return { Status: "failed", StatusDescription: description };
}

function isWorthSubmitting(plan: Plan): boolean {
  return plan.Annotations !== null || hasEntries(plan);
}

function hasEntries(proposal: Pick<Plan, "NodeUpdate" | "NodeAllocation">): boolean {
  return Object.keys(proposal.NodeUpdate).length > 0 || Object.keys(proposal.NodeAllocation).length > 0;
}

function placedIn({ NodeAllocation }: Pick<Plan, "NodeAllocation">): number {
  let count = 0;
  for (const allocations of Object.values(NodeAllocation)) count += allocations.length;
  return count;
}
