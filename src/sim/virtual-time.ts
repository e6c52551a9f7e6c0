import { type Duration, type Instant, instantOf, PriorityQueue } from "../base/index.ts";
import { type Clock, sleepOn } from "../runtime/index.ts";

interface Event {
  readonly when: Instant;
  /** Tells events of the same instant apart: the one that was asked for first comes first. */
  readonly order: number;
  act: (() => void) | undefined;
}

/** 2026-01-01T00:00:00Z: every simulated world begins here. */
export const beginning: Instant = instantOf(1_767_225_600_000_000_000);

/**
 * Time that passes only when the world says so. Everything that is to happen stands in one queue; taking the next
 * event moves the clock to it, so that an idle hour costs nothing.
 */
export class VirtualTime implements Clock {
  #now = beginning;
  #order = 0;
  readonly #events = new PriorityQueue<Event>((a, b) => (a.when === b.when ? a.order < b.order : a.when < b.when));

  now(): Instant {
    return this.#now;
  }

  wallTime(): Instant {
    return this.#now;
  }

  at(when: Instant, wake: () => void): () => void {
    const event: Event = { when: when > this.#now ? when : this.#now, order: this.#order++, act: wake };
    this.#events.push(event);
    return () => {
      event.act = undefined;
    };
  }

  sleep(time: Duration, signal: AbortSignal): Promise<void> {
    return sleepOn(this, time, signal);
  }

  /** When the next event is; undefined when nothing will ever happen again. */
  next(): Instant | undefined {
    this.#dropCanceled();
    return this.#events.peek()?.when;
  }

  /** Moves the clock to the next event and lets it happen. */
  step(): void {
    this.#dropCanceled();
    const event = this.#events.pop();
    if (event?.act === undefined) return;
    this.#now = event.when;
    event.act();
  }

  #dropCanceled(): void {
    while (this.#events.peek() !== undefined && this.#events.peek()?.act === undefined) this.#events.pop();
  }
}
