import { firstOf, type Happening, type Instant, WakeUp } from "../../base/index.ts";
import type { Clock } from "../../runtime/index.ts";

/** Lets a duty sleep until the earliest of its deadlines, although an earlier one may be set meanwhile. */
export class Alarm {
  readonly #clock: Clock;
  readonly #setEarlier = new WakeUp();
  /** Until when somebody sleeps; nobody does while it is undefined. */
  #until: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something is due at `when`: a sleep that would last longer ends now. */
  setFor(when: Instant): void {
    if (this.#until !== undefined && when < this.#until) this.#setEarlier.notify();
  }

  /**
   * Sleeps until `earliest`, or as long as it takes if nothing is due. May wake too soon: look for what is due, and
   * ask for the earliest deadline anew.
   */
  async sleepUntil(earliest: Instant | undefined, signal: AbortSignal): Promise<void> {
    const deadline: readonly Happening[] = earliest === undefined ? [] : [(passed) => this.#clock.at(earliest, passed)];
    this.#until = earliest ?? Number.POSITIVE_INFINITY;
    await firstOf(signal, this.#setEarlier.next, ...deadline);
    this.#until = undefined;
  }
}
