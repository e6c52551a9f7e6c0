import {
  between,
  type Duration,
  formatGoDuration,
  type Instant,
  isBefore,
  later,
  nanoseconds,
  type Random,
  times,
} from "../../base/index.ts";
import type { RestartPolicy } from "../../model/index.ts";

/** How a try to run a task came to its end. */
export type TaskOutcome =
  | { readonly kind: "exited"; readonly success: boolean }
  | { readonly kind: "failedToStart"; readonly recoverable: boolean };

/** What is to be done with a task that ended. */
export type RestartDecision =
  | { readonly kind: "restart"; readonly reason: string; readonly delay: Duration }
  | { readonly kind: "giveUp"; readonly reason: string }
  /** The task has done what it was to do. */
  | { readonly kind: "finished" };

/** What users read in a task's events. */
export const restartReason = {
  withinPolicy: "Restart within policy",
  delayed: "Exceeded allowed attempts, applying a delay",
  notAllowed: "Policy allows no restarts",
  unrecoverable: "Error was unrecoverable",
} as const;

/** Restarts since an interval began. */
export interface CountedRestarts {
  readonly count: number;
  readonly intervalStart: Instant;
}

/** A restart comes up to this part of the policy's delay later, so that tasks that fail together spread out. */
const jitter = 0.25;

/**
 * Decides whether a task that ended is started again on this node. Counts restarts in intervals: the first ending
 * after an interval opens the next one and is not counted. A batch task that succeeds is done; a service or system
 * task is started again whatever its exit code.
 */
export class RestartTracker {
  #policy: RestartPolicy;
  readonly #finishesOnSuccess: boolean;
  readonly #random: Random;
  #intervalStart: Instant;
  #count: number;

  /** `count` restarts were made since `since` under an earlier agent. */
  constructor(policy: RestartPolicy, jobType: string, random: Random, since: Instant, count = 0) {
    this.#policy = policy;
    this.#finishesOnSuccess = jobType === "batch" || jobType === "sysbatch";
    this.#random = random;
    this.#intervalStart = since;
    this.#count = count;
  }

  /** To be kept for whoever goes on counting. */
  get counted(): CountedRestarts {
    return { count: this.#count, intervalStart: this.#intervalStart };
  }

  /** Takes over a changed policy; what was counted stays counted. */
  setPolicy(policy: RestartPolicy): void {
    this.#policy = policy;
  }

  decide(now: Instant, outcome: TaskOutcome): RestartDecision {
    const succeeded = outcome.kind === "exited" && outcome.success;
    if (this.#policy.Attempts === 0) {
      return succeeded ? { kind: "finished" } : { kind: "giveUp", reason: restartReason.notAllowed };
    }
    this.#countEnding(now);
    if (outcome.kind === "failedToStart" && !outcome.recoverable) {
      return { kind: "giveUp", reason: restartReason.unrecoverable };
    }
    if (succeeded && this.#finishesOnSuccess) return { kind: "finished" };
    if (this.#count > this.#policy.Attempts) return this.#tooMany(now);
    return { kind: "restart", reason: restartReason.withinPolicy, delay: this.#delay() };
  }

  #countEnding(now: Instant): void {
    this.#count += 1;
    if (!isBefore(this.#intervalEnd(), now)) return;
    this.#count = 0;
    this.#intervalStart = now;
  }

  #tooMany(now: Instant): RestartDecision {
    const { Attempts, Interval, Mode } = this.#policy;
    if (Mode === "fail") {
      const interval = formatGoDuration(nanoseconds(Interval));
      return {
        kind: "giveUp",
        reason: `Exceeded allowed attempts ${Attempts} in interval ${interval} and mode is "fail"`,
      };
    }
    return { kind: "restart", reason: restartReason.delayed, delay: between(now, this.#intervalEnd()) };
  }

  #intervalEnd(): Instant {
    return later(this.#intervalStart, nanoseconds(this.#policy.Interval));
  }

  #delay(): Duration {
    return times(nanoseconds(this.#policy.Delay), 1 + this.#random.fraction() * jitter);
  }
}
