import type { Duration, Instant } from "../base/index.ts";

/** Time as one process sees it. But for `wallTime` it never goes backwards, and takes no notice when the wall clock is set. */
export interface Clock {
  now(): Instant;
  /**
   * The time of day as the machine has it now: for records and calendars only. It jumps both ways when it is set, and
   * ahead of `now` when the machine was suspended, so nothing is measured by it, nor waited for.
   */
  wallTime(): Instant;
  /** Runs `wake` once, at or soon after `when`; the returned function cancels it. */
  at(when: Instant, wake: () => void): () => void;
  /** Resolves after `time`; rejects with the signal's reason when that fires first. */
  sleep(time: Duration, signal: AbortSignal): Promise<void>;
}
