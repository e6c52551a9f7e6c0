import type { Duration, Instant } from "../base/index.ts";

/** Time as one process sees it. It never goes backwards, also when the wall clock is set. */
export interface Clock {
  now(): Instant;
  /** Runs `wake` once, at or soon after `when`; the returned function cancels it. */
  at(when: Instant, wake: () => void): () => void;
  /** Resolves after `time`; rejects with the signal's reason when that fires first. */
  sleep(time: Duration, signal: AbortSignal): Promise<void>;
}
