import { firstOf, type Happening } from "./first-of.ts";
import type { Signal } from "./signal.ts";

/** Lets one party sleep until another has something for it. A notice given while nobody waits is not kept. */
export class WakeUp {
  #waiting = new Set<() => void>();

  /** The next notice. */
  readonly next: Happening = (happened) => {
    const waiting = this.#waiting;
    const wake = () => happened();
    waiting.add(wake);
    return () => waiting.delete(wake);
  };

  /** Wakes everybody who waits now. */
  notify(): void {
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    // Not cleared: then the platform would chain what it held to all that comes, and its collector would keep both for long.
    this.#waiting = new Set();
    for (const wake of [...waiting]) wake();
  }

  /** Resolves at the next notice, or when `signal` fires: look at what you wait for again, then at the signal. */
  wait(signal: Signal): Promise<void> {
    return firstOf(signal, this.next);
  }
}
