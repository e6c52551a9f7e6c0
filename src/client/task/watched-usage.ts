import { between, type Duration, firstOf, type Instant, later, times, WakeUp } from "../../base/index.ts";
import type { UsageMeter } from "../../drivers/index.ts";
import type { TaskUsage } from "../../model/index.ts";
import { type Clock, pause } from "../../runtime/index.ts";

/** While nobody looks at a task it is measured once in so many intervals. */
const restfulIntervals = 10;
/** For so many intervals after a look somebody counts as looking. */
const attentiveIntervals = 3;
/** For so many intervals a sample is waited for: an engine of containers may take one of its own. */
const patientIntervals = 3;

/**
 * What a task uses: measured every interval while somebody looks at it, and seldom while nobody does, which is most of
 * the time for most tasks. Whoever looks first after a rest has a new sample taken, whose shares of processor time are
 * those of the rest.
 */
export class WatchedUsage {
  readonly #clock: Clock;
  readonly #every: Duration;
  readonly #looks = new WakeUp();
  readonly #measurements = new WakeUp();
  #latest: TaskUsage | undefined;
  #measuredAt: Instant;
  #lookedAt: Instant | undefined;

  constructor(clock: Clock, every: Duration) {
    this.#clock = clock;
    this.#every = every;
    this.#measuredAt = clock.now();
  }

  /**
   * Measures a run until `signal` fires. Begins when the task has had the time to use something: at its start there is
   * other work to do. Rejects when it cannot be measured.
   */
  async follow(measure: UsageMeter, signal: AbortSignal): Promise<void> {
    this.#measuredAt = this.#clock.now();
    let isWanted = await pause(this.#clock, this.#every, signal);
    try {
      while (isWanted) {
        this.#measuredAt = this.#clock.now();
        const usage = await measure();
        if (signal.aborted) return;
        this.#latest = usage ?? this.#latest;
        this.#measurements.notify();
        isWanted = await this.#untilDue(signal);
      }
    } finally {
      this.#latest = undefined;
      this.#measurements.notify();
    }
  }

  /** The latest sample, for whoever looks again and again; undefined while the task does not run. */
  look(): TaskUsage | undefined {
    const wasWatched = this.#isWatched();
    this.#lookedAt = this.#clock.now();
    if (!wasWatched) this.#looks.notify();
    return this.#latest;
  }

  /** As `look`, but takes a sample where the latest is of long ago, and waits for it as far as it comes soon. */
  async lookNow(): Promise<TaskUsage | undefined> {
    const usage = this.look();
    if (usage === undefined || !this.#isResting()) return usage;
    const end = later(this.#clock.now(), times(this.#every, patientIntervals));
    await firstOf(never, this.#measurements.next, (passed) => this.#clock.at(end, passed));
    return this.#latest;
  }

  /** False when `signal` fired first. */
  async #untilDue(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const intervals = this.#isWatched() ? 1 : restfulIntervals;
      const due = later(this.#measuredAt, times(this.#every, intervals));
      if (due <= this.#clock.now()) return true;
      await firstOf(signal, this.#looks.next, (passed) => this.#clock.at(due, passed));
    }
    return false;
  }

  /** Whether the latest sample is older than one would be if somebody had looked all the time. */
  #isResting(): boolean {
    return between(this.#measuredAt, this.#clock.now()) > this.#every;
  }

  #isWatched(): boolean {
    const attention = times(this.#every, attentiveIntervals);
    return this.#lookedAt !== undefined && between(this.#lookedAt, this.#clock.now()) < attention;
  }
}

const never = new AbortController().signal;
