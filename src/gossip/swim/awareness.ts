import { type Duration, times } from "../../base/index.ts";

/**
 * How much this member doubts itself: 0 when all is well. Who misses answers that others get is likely slow itself,
 * and should be slow to accuse. Source: Lifeguard, local health multiplier (Dadgar, Phillips and Currey, 2017).
 */
export class Awareness {
  readonly #limit: number;
  #score = 0;

  /** The score stays below `limit`. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get score(): number {
    return this.#score;
  }

  /** A positive change is a reason for doubt, a negative one for confidence. */
  change(by: number): void {
    this.#score = Math.min(Math.max(this.#score + by, 0), this.#limit - 1);
  }

  /** An interval as it is to be used by one who doubts so much. */
  scaled(interval: Duration): Duration {
    return times(interval, this.#score + 1);
  }
}
