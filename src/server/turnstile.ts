import type { Happening } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";

/** Who may pass in one turn of the event loop: some milliseconds of work. */
const mostInOneTurn = 32;

/**
 * Lets those who are woken together go on a few at a time, in the order they came, so that all else has its turns in
 * between. While one waits here it is not woken again: what changes meanwhile is in the same answer. So thousands of nodes
 * that get allocations by hundreds of plans are answered less often the more there is to do, and at once when there is little.
 */
export class Turnstile {
  readonly #clock: Pick<Clock, "now" | "at">;
  readonly #waiting = new Set<() => void>();
  #left = mostInOneTurn;
  #isTurning = false;

  constructor(clock: Pick<Clock, "now" | "at">) {
    this.#clock = clock;
  }

  /** One's turn: soon, or in a later turn of the event loop. */
  readonly passing: Happening = (passed) => {
    this.#awaitTurn();
    const pass = () => passed();
    this.#waiting.add(pass);
    if (this.#left > 0) {
      this.#left--;
      queueMicrotask(() => this.#let(pass));
    }
    return () => this.#waiting.delete(pass);
  };

  #let(pass: () => void): void {
    if (this.#waiting.delete(pass)) pass();
  }

  #awaitTurn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#clock.at(this.#clock.now(), () => this.#turn());
  }

  #turn(): void {
    this.#isTurning = false;
    this.#left = mostInOneTurn;
    if (this.#waiting.size > 0) this.#awaitTurn();
    for (const pass of [...this.#waiting.values().take(mostInOneTurn)]) {
      this.#left--;
      this.#let(pass);
    }
  }
}
