import { assert } from "./assert.ts";
import type { Signal } from "./signal.ts";
import { WakeUp } from "./wake-up.ts";

/** How many bytes of large messages may be in memory at once, over all that share the budget. */
export class ByteBudget {
  readonly #limit: number;
  readonly #whole: ByteBudget | undefined;
  readonly #given = new WakeUp();
  #taken = 0;

  /** With `whole`, what is taken here is taken from there too: this is the most that one of many may have. */
  constructor(limit: number, whole?: ByteBudget) {
    this.#limit = limit;
    this.#whole = whole;
  }

  get taken(): number {
    return this.#taken;
  }

  /** False if there are not so many left; then nothing is taken. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#limit || this.#whole?.take(bytes) === false) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#whole?.give(bytes);
    this.#taken -= bytes;
    assert(this.#taken >= 0, "only what was taken is given back");
    this.#given.notify();
  }

  /** Resolves when no more than `most` is taken here. Rejects with the signal's reason when that fires before. */
  async room(most: number, signal: Signal): Promise<void> {
    while (this.#taken > most) {
      signal.throwIfAborted();
      await this.#given.wait(signal);
    }
  }
}
