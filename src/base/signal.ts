/** What is asked of a signal: those of the platform are such, and so is a `PlainSignal`. */
export type Signal = Pick<AbortSignal, "aborted" | "reason" | "throwIfAborted">;

/**
 * A signal and how to fire it, in one. The platform's is an event target with a controller: a microsecond and a kilobyte, which
 * is much for each of the thousands of questions a second that are answered before it ever fires. `whenAborted` knows both.
 */
export class PlainSignal implements Signal {
  #aborted = false;
  #reason: unknown;
  /** Who is to be called, by how each stops to wait; made for the first. */
  #waiting: Map<() => void, () => void> | undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get waiting(): Map<() => void, () => void> {
    this.#waiting ??= new Map();
    return this.#waiting;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  /** Fires; only the first time counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    if (this.#waiting !== undefined) callAll(this.#waiting);
  }
}

/** Calls all who wait, each once and in order; one who is called may stop others. */
export function callAll(waiting: Map<() => void, () => void>): void {
  for (const [stop, act] of waiting) {
    waiting.delete(stop);
    act();
  }
}
