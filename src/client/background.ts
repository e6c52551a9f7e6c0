import type { Log } from "../runtime/index.ts";

/** Work that goes on beside the client's own, and ends before the client has ended. */
export class Background {
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #working = new Set<Promise<unknown>>();

  /** `signal` ends the work; what it throws after that is no error. */
  constructor(log: Log, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
  }

  start(name: string, work: () => Promise<unknown>): void {
    const working = work().catch((error) => {
      if (!this.#signal.aborted)
        this.#log.error("a part of the client has ended", { part: name, reason: String(error) });
    });
    this.#working.add(working);
    working.then(() => this.#working.delete(working));
  }

  /** Resolves when all that was started has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#working);
  }
}
