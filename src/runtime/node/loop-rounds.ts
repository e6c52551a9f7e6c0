import { setImmediate as startImmediate } from "node:timers";

/** So long all that is due at once may take of one round of the event loop, in milliseconds. */
const longRound = 10;

/**
 * Runs what is due at once, in the order it came: in each round of the event loop as much as fits into ten milliseconds,
 * and the first in any case. So between any two long turns of work all sockets are looked at, and somebody who knocks is let
 * in: of those who wait to be accepted, a listener takes one in each round.
 */
export class LoopRounds {
  readonly #due = new Set<() => void>();
  /** Counts rounds in which something ran. */
  #round = 0;
  #began = 0;

  /** Runs `wake` soon, never before this returns. What it returns takes that back. */
  soon(wake: () => void): () => void {
    // Each is one of its own, even if the same function is due twice.
    const own = () => wake();
    this.#due.add(own);
    this.#ask();
    return () => this.#due.delete(own);
  }

  /** What is asked for while a round goes on comes in the next. */
  #ask(): void {
    const next = this.#round + 1;
    startImmediate(() => this.#next(next));
  }

  #next(round: number): void {
    if (round !== this.#round) {
      this.#round = round;
      this.#began = performance.now();
    } else if (performance.now() - this.#began >= longRound) {
      this.#ask();
      return;
    }
    const [first] = this.#due;
    if (first === undefined) return;
    this.#due.delete(first);
    first();
  }
}
