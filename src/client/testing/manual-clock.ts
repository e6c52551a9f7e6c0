import { DeadlineQueue, type Duration, type Instant, instantOf, later } from "../../base/index.ts";
import type { Clock } from "../../runtime/index.ts";

/** Promises that one step of a test may wait on in a row before the next timer is due. */
const turnsToSettle = 300;

/** Time that stands still until a test moves it on. */
export class ManualClock implements Clock {
  #now: Instant = instantOf(1_000_000_000_000_000_000);
  readonly #timers = new DeadlineQueue<() => void>();

  now(): Instant {
    return this.#now;
  }

  at(when: Instant, wake: () => void): () => void {
    const timer = () => wake();
    this.#timers.set(timer, when);
    return () => this.#timers.delete(timer);
  }

  sleep(time: Duration, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const aborted = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = this.at(later(this.#now, time), () => {
        signal.removeEventListener("abort", aborted);
        resolve();
      });
      signal.addEventListener("abort", aborted, { once: true });
    });
  }

  /** Moves time on by `time`, waking each timer at its own instant and letting its consequences settle. */
  async advance(time: Duration): Promise<void> {
    const end = later(this.#now, time);
    await settle();
    for (let due = this.#timers.earliest(); due !== undefined && due <= end; due = this.#timers.earliest()) {
      this.#now = instantOf(Math.max(due, this.#now));
      for (const wake of this.#timers.takeUntil(this.#now)) wake();
      await settle();
    }
    this.#now = end;
  }

  /** How many timers are waiting: a test can see that nothing was left behind. */
  get waiting(): number {
    return this.#timers.size;
  }
}

/** Lets promises that wait for nothing but each other come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < turnsToSettle; turn++) await undefined;
}
