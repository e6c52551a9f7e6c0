import { firstOf, type Happening } from "./first-of.ts";

/** Lets one party sleep until another has something for it. A notice given while nobody waits is not kept. */
export class WakeUp {
  readonly #waiting = new Set<() => void>();

  /** The next notice. */
  readonly next: Happening = (happened) => {
    const wake = () => happened();
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  };

  /** Wakes everybody who waits now. */
  notify(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next notice, or when `signal` fires: look at what you wait for again, then at the signal. */
  wait(signal: AbortSignal): Promise<void> {
    return firstOf(signal, this.next);
  }
}
