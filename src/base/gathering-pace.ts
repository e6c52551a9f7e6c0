import { between, type Duration, type Instant, longer, shorter, times } from "./instant.ts";

/** How to gather what comes bit by bit into batches. */
export interface GatheringTimes {
  /** What comes together is gathered for so long at least. */
  readonly least: Duration;
  /** In the long run there is one batch in this time, however much comes. */
  readonly oneIn: Duration;
  /** So many batches may go before, so that little is not kept waiting. */
  readonly before: number;
}

/** How long to gather: hardly at all while little comes, and a fixed time while much does. Holds no timer. */
export class GatheringPace {
  readonly #times: GatheringTimes;
  /** What the batches that may go before are worth in time; below zero when that is spent. */
  #credit: Duration;
  #countedAt: Instant;

  constructor(now: Instant, gathering: GatheringTimes) {
    this.#times = gathering;
    this.#credit = times(gathering.oneIn, gathering.before);
    this.#countedAt = now;
  }

  /** How long to wait from `now` on for the batch that then goes. */
  nextWait(now: Instant): Duration {
    const { least, oneIn, before } = this.#times;
    const saved = (this.#credit + between(this.#countedAt, now)) as Duration;
    this.#credit = (shorter(times(oneIn, before), saved) - oneIn) as Duration;
    this.#countedAt = now;
    return longer(least, -this.#credit as Duration);
  }
}
