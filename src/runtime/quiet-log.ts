import { type Duration, type Instant, later, seconds } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";

/** Lines that a stranger can cause come at most this often. */
const lineEvery: Duration = seconds(1);

/** Warns of what strangers do, at most once a second; says then how many warnings were left out. */
export class QuietLog {
  readonly #clock: Clock;
  readonly #log: Log;
  #quietUntil: Instant | undefined;
  #leftOut = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  warn(phrase: string, fields: LogFields): void {
    const now = this.#clock.now();
    if (this.#quietUntil !== undefined && now < this.#quietUntil) {
      this.#leftOut++;
      return;
    }
    this.#log.warn(phrase, this.#leftOut === 0 ? fields : { ...fields, leftOut: this.#leftOut });
    this.#leftOut = 0;
    this.#quietUntil = later(now, lineEvery);
  }
}
