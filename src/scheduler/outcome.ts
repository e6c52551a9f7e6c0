import type { Duration, Instant, Random } from "../base/index.ts";
import type { Evaluation, LogIndex, PlacementFailure, Plan } from "../model/index.ts";

/** What `schedule(view, evaluation, context)` may use beside the view: nothing else, so that the same input gives the same outcome. */
export interface SchedulingContext {
  readonly now: Instant;
  /** Ids, the order of nodes and dynamic ports are drawn from it. Seed it by evaluation id and view index. */
  readonly random: Random;
  /** Time spent so far, from any start: what metrics show as the time of an allocation. Without it they show 0. */
  readonly elapsed?: () => Duration;
  /** Changes after which a plan is a part of one; without it as many as a server takes in one go. */
  readonly mostChanges?: number;
}

/**
 * What one attempt at one evaluation came to. Nothing has happened yet: the worker creates the follow-up
 * evaluations, then submits the plan (see `scheduling-run.ts`, which says when to do which).
 */
export interface SchedulingOutcome {
  /** Index of the view that was looked at. */
  readonly viewIndex: LogIndex;
  /**
   * What to stop, place and update in place. `EvalToken` is empty: the worker writes it. A new allocation has
   * `CreateIndex` 0, neither `Job` nor `Resources` nor times: whoever applies the plan adds them.
   */
  readonly plan: Plan;
  /** There is more to do than one plan holds: look again once this one is committed. */
  readonly isPart: boolean;
  /** Why groups could not be placed, by group name. One metric a group, further failures counted in it. */
  readonly unplaced: ReadonlyMap<string, PlacementFailure>;
  /** Allocations that are wanted and do not run, by group name, as if nothing of the plan were committed. */
  readonly queued: ReadonlyMap<string, number>;
  /** Waits for capacity; there if something was not placed and the evaluation was not itself a blocked one. */
  readonly blocked: Evaluation | undefined;
  /** Goes on with a rolling update after `Wait`; there if this attempt reached the update's `MaxParallel`. */
  readonly rolling: Evaluation | undefined;
  readonly eligibility: Eligibility;
  /** Set if the scheduler does not take such evaluations: status description of the failed evaluation. */
  readonly refusal: string | undefined;
}

/** Which computed node classes could run what was not placed; of no use if `escaped`. */
export interface Eligibility {
  readonly classes: ReadonlyMap<string, boolean>;
  /** True if a constraint looks at something unique to a node, so that a class says nothing about its nodes. */
  readonly escaped: boolean;
}
