import { ByteBudget, type Signal } from "../base/index.ts";

/** Replies up to this length are sent without more ado, and need no part of the budget. */
const freeLength = 64 * 1024;
/** Bytes of large replies that the peer has not taken, at which no more are made ready. */
const mostWaiting = 8 * 1024 * 1024;

/**
 * The large replies of one connection, from when they are made until the peer has taken them. How long a reply is shows
 * when it is made; so methods are remembered whose last reply was large, and their next waits for its turn before it is
 * made. What is small, as heartbeats are, waits for nobody.
 */
export class LargeReplies {
  readonly #taken: ByteBudget;
  readonly #methods = new Set<string>();

  /** What replies take is taken from `budget`, too. */
  constructor(budget: ByteBudget) {
    this.#taken = new ByteBudget(Number.POSITIVE_INFINITY, budget);
  }

  /** How many bytes of replies wait. */
  get waiting(): number {
    return this.#taken.taken;
  }

  /** Whether a reply of `method` is not to be made yet. Ask again after `room`: others may have been quicker. */
  mustWait(method: string): boolean {
    return this.#methods.has(method) && this.#taken.taken > mostWaiting;
  }

  /** Resolves when the peer has taken enough. Rejects with the signal's reason. */
  room(signal: Signal): Promise<void> {
    return this.#taken.room(mostWaiting, signal);
  }

  /** What of the budget a reply takes; undefined if there is not so much. To be given back when it is sent. */
  charge(method: string, { length }: Uint8Array): number | undefined {
    if (length <= freeLength) {
      this.#methods.delete(method);
      return 0;
    }
    this.#methods.add(method);
    return this.#taken.take(length) ? length : undefined;
  }

  giveBack(bytes: number): void {
    this.#taken.give(bytes);
  }
}
