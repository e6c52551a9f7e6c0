import { type Duration, type Instant, instantOf } from "../base/index.ts";
import { type Clock, sleepOn } from "../runtime/index.ts";
import { EventQueue } from "./event-queue.ts";

/** 2026-01-01T00:00:00Z: every simulated world begins here. */
export const beginning: Instant = instantOf(1_767_225_600_000_000_000);

/**
 * Time that passes only when the world says so. Everything that is to happen stands in one queue; taking the next
 * event moves the clock to it, so that an idle hour costs nothing.
 */
export class VirtualTime implements Clock {
  #now = beginning;
  #order = 0;
  readonly #events = new EventQueue();

  now(): Instant {
    return this.#now;
  }

  wallTime(): Instant {
    return this.#now;
  }

  at(when: Instant, wake: () => void): () => void {
    const event = { when: when > this.#now ? when : this.#now, order: this.#order++, act: wake, place: 0 };
    this.#events.push(event);
    return () => this.#events.remove(event);
  }

  sleep(time: Duration, signal: AbortSignal): Promise<void> {
    return sleepOn(this, time, signal);
  }

  /** When the next event is; undefined when nothing will ever happen again. */
  next(): Instant | undefined {
    return this.#events.first?.when;
  }

  /** Moves the clock to the next event and lets it happen. */
  step(): void {
    const event = this.#events.first;
    if (event === undefined) return;
    this.#events.remove(event);
    this.#now = event.when;
    event.act();
  }
}
