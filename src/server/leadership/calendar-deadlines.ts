import { between, DeadlineQueue, type Instant, later, seconds, shorter } from "../../base/index.ts";
import type { Clock } from "../../runtime/index.ts";
import { Alarm } from "./alarm.ts";

/** The calendar is looked at so often at least: it may be set, or have gone on while the machine was suspended. */
const lookEvery = seconds(10);

/** What is due by the machine's calendar, by its key, and has somebody attend to it then. */
export class CalendarDeadlines {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #deadlines = new DeadlineQueue<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
  }

  /** `when` is an instant of the calendar; one that is over is due at once. */
  set(key: string, when: Instant): void {
    this.#deadlines.set(key, when);
    this.#alarm.setFor(this.#wakeFor(when));
  }

  delete(key: string): void {
    this.#deadlines.delete(key);
  }

  /** Has keys attended to as they become due, those of one moment together, until the signal fires. Rejects as `attend` does. */
  async run(signal: AbortSignal, attend: (key: string) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.#deadlines.takeUntil(this.#clock.wallTime()).map(attend));
      const next = this.#deadlines.earliest();
      await this.#alarm.sleepUntil(next === undefined ? undefined : this.#wakeFor(next), signal);
    }
  }

  /** When to look at the calendar again, for what is due at `when` by it. */
  #wakeFor(when: Instant): Instant {
    return later(this.#clock.now(), shorter(between(this.#clock.wallTime(), when), lookEvery));
  }
}
