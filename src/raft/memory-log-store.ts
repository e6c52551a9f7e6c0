import type { CastBallot, DurableBatch, DurableState } from "./core/effects.ts";
import type { LogEntry } from "./core/log-entry.ts";
import type { LogStore } from "./log-store.ts";

/** A log that lives as long as the process: what a dev agent uses. The entries are shared with Raft's own, not copied. */
export class MemoryLogStore implements LogStore {
  #ballot: CastBallot = { term: 0 };
  readonly #entries: LogEntry[] = [];

  async load(): Promise<DurableState> {
    return { ballot: this.#ballot, entries: [...this.#entries] };
  }

  async write(batches: readonly DurableBatch[]): Promise<void> {
    for (const { ballot, truncateFrom, entries } of batches) {
      if (ballot !== undefined) this.#ballot = ballot;
      if (truncateFrom !== undefined) this.#entries.length = truncateFrom - 1;
      this.#entries.push(...entries);
    }
  }

  async close(): Promise<void> {}
}
