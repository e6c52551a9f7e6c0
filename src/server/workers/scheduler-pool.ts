import { type Instant, SeededRandom } from "../../base/index.ts";
import type { Evaluation } from "../../model/index.ts";
import type { Clock } from "../../runtime/index.ts";
import { inTurns } from "../../runtime/index.ts";
import { type SchedulingContext, type SchedulingOutcome, scheduleInSteps } from "../../scheduler/index.ts";
import type { StateView } from "../../state/index.ts";

/** Runs the scheduler: in line, or away from the main thread. */
export interface SchedulerPool {
  schedule(view: StateView, evaluation: Evaluation, now: Instant): Promise<SchedulingOutcome>;
}

/** Schedules on this thread, in turns: the view does not move, so what happens in between changes nothing. */
export class InlinePool implements SchedulerPool {
  readonly #clock: Pick<Clock, "now" | "at">;

  constructor(clock: Pick<Clock, "now" | "at">) {
    this.#clock = clock;
  }

  schedule(view: StateView, evaluation: Evaluation, now: Instant): Promise<SchedulingOutcome> {
    return inTurns(this.#clock, scheduleInSteps(view, evaluation, schedulingContext(view, evaluation, now)));
  }
}

/** Chance is seeded by the evaluation and the view, so that a decision can be taken again and explained. */
export function schedulingContext(view: StateView, evaluation: Evaluation, now: Instant): SchedulingContext {
  return { now, random: new SeededRandom(`${evaluation.ID}@${view.index}`) };
}

/** For what is decided after the outcome: with chances of its own, so that no id is drawn twice. */
export function settlingContext(view: StateView, evaluation: Evaluation, now: Instant): SchedulingContext {
  return { now, random: new SeededRandom(`${evaluation.ID}@${view.index} settled`) };
}
