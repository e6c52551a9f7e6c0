import type { CastBallot, DurableBatch, DurableState } from "./core/effects.ts";
import type { LogEntry } from "./core/log-entry.ts";
import { LOG_START, type LogPlace } from "./core/snapshot.ts";
import type { LogStore } from "./log-store.ts";

/** A log that lives as long as the process: what a dev agent uses. The entries are shared with Raft's own, not copied. */
export class MemoryLogStore implements LogStore {
  #ballot: CastBallot = { term: 0 };
  #base = LOG_START;
  #entries: LogEntry[] = [];

  async load(): Promise<DurableState> {
    return { ballot: this.#ballot, base: this.#base, entries: [...this.#entries] };
  }

  async write(batches: readonly DurableBatch[]): Promise<void> {
    for (const { ballot, truncateFrom, base, entries } of batches) {
      if (ballot !== undefined) this.#ballot = ballot;
      if (truncateFrom !== undefined) this.#entries.length = truncateFrom - this.#base.index - 1;
      if (base !== undefined) this.#restartAfter(base);
      this.#entries.push(...entries);
    }
  }

  misfit(found: string): Error {
    return new Error(`Cannot go on with the log in memory: ${found}`);
  }

  async close(): Promise<void> {}

  #restartAfter(base: LogPlace): void {
    this.#entries = this.#entries.slice(base.index - this.#base.index);
    this.#base = base;
  }
}
