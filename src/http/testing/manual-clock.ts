import { type Duration, type Instant, instantOf, later } from "../../base/index.ts";
import type { Clock } from "../../runtime/index.ts";

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  #now = instantOf(0);
  readonly #waiting = new Set<{ readonly when: Instant; readonly wake: () => void }>();

  now(): Instant {
    return this.#now;
  }

  at(when: Instant, wake: () => void): () => void {
    const entry = { when, wake };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  }

  sleep(time: Duration, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.at(later(this.#now, time), resolve);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** Wakes whoever waits for what lies in between, in order, and lets each do what it can before the next. */
  async pass(time: Duration): Promise<void> {
    const end = later(this.#now, time);
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#waiting.delete(next);
      this.#now = instantOf(Math.max(next.when, this.#now));
      next.wake();
      await settled();
    }
    this.#now = end;
  }

  #next(end: Instant) {
    const due = [...this.#waiting].filter(({ when }) => when <= end);
    return due.sort((a, b) => a.when - b.when)[0];
  }
}

/** After enough turns of the microtask queue for what can go on without time or the world. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}
