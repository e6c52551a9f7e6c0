import { between, type Duration, type Instant } from "../../base/index.ts";
import type { LogIndex } from "./log-entry.ts";

/**
 * Whether a peer keeps up with a log that goes on growing, told in rounds: in each the peer gets what the log held when
 * the round began. The longer a round, the more has come meanwhile, so that rounds get short for a peer that is faster than
 * the log grows. To wait until it has everything would be to wait for a pause.
 * Source: Ongaro's thesis, §4.2.1.
 */
export class CatchUp {
  #rounds = 0;
  #lastTook: Duration | undefined;
  #through: LogIndex;
  #since: Instant;

  /** The first round begins, with a log that ends at `lastIndex`. */
  constructor(lastIndex: LogIndex, now: Instant) {
    this.#through = lastIndex;
    this.#since = now;
  }

  /** How many rounds have ended. */
  get rounds(): number {
    return this.#rounds;
  }

  /** The peer has the log up to `matched`; ours ends at `lastIndex`. */
  heard(matched: LogIndex, lastIndex: LogIndex, now: Instant): void {
    if (matched < this.#through) return;
    this.#rounds += 1;
    this.#lastTook = between(this.#since, now);
    this.#through = lastIndex;
    this.#since = now;
  }

  /** Whether the last round took less than `patience`, and so does the present one until now. */
  isWithin(patience: Duration, now: Instant): boolean {
    return this.#lastTook !== undefined && this.#lastTook < patience && between(this.#since, now) < patience;
  }
}
