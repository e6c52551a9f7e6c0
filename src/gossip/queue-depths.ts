import { type Instant, isBefore, later, seconds } from "../base/index.ts";
import type { Metrics } from "../runtime/index.ts";

/** So often, as Serf does. */
const every = seconds(30);

const names = {
  Event: ["serf", "queue", "Event"],
  Intent: ["serf", "queue", "Intent"],
  Query: ["serf", "queue", "Query"],
};

/** Measures how many messages wait to be told to others; has no timer, and looks when its owner wakes. */
export class QueueDepths {
  readonly #metrics: Metrics;
  readonly #depths: () => Readonly<Record<keyof typeof names, number>>;
  #due: Instant | undefined;

  constructor(metrics: Metrics, depths: () => Readonly<Record<keyof typeof names, number>>) {
    this.#metrics = metrics;
    this.#depths = depths;
  }

  look(now: Instant): void {
    if (this.#due !== undefined && isBefore(now, this.#due)) return;
    this.#due = later(now, every);
    const { Event, Intent, Query } = this.#depths();
    this.#metrics.sample(names.Event, Event);
    this.#metrics.sample(names.Intent, Intent);
    this.#metrics.sample(names.Query, Query);
  }
}
