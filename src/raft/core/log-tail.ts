import { assert } from "../../base/index.ts";
import { entrySizeBytes, type LogEntry, type LogIndex, type Term } from "./log-entry.ts";

/** The log in memory, so that the core never waits for a read. It begins at index 1. */
export class LogTail {
  readonly #entries: LogEntry[] = [];

  constructor(entries: readonly LogEntry[]) {
    this.append(entries);
  }

  get lastIndex(): LogIndex {
    return this.#entries.length;
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? 0;
  }

  /** The term at `index`: 0 before the first entry, undefined after the last. */
  termAt(index: LogIndex): Term | undefined {
    return index === 0 ? 0 : this.#entries[index - 1]?.term;
  }

  /** Whether this log and one with `term` at `index` are the same up to there (log matching, §5.3). */
  agreesAt(index: LogIndex, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** The last entry that is neither after `index` nor of a term above `term`: the furthest that may agree with another log. */
  lastAtMost(index: LogIndex, term: Term): { index: LogIndex; term: Term } {
    let found = Math.min(index, this.lastIndex);
    while (this.termAt(found)! > term) found--;
    return { index: found, term: this.termAt(found)! };
  }

  /** Entries from `from` to `through`, both included. */
  between(from: LogIndex, through: LogIndex): readonly LogEntry[] {
    return this.#entries.slice(from - 1, through);
  }

  /** Entries from `from` on, as many as both limits allow, but at least one if there is one. */
  batch(from: LogIndex, limits: { readonly maxEntries: number; readonly maxBytes: number }): readonly LogEntry[] {
    let through = from - 1;
    let bytes = 0;
    while (through < this.lastIndex && through - from + 1 < limits.maxEntries) {
      bytes += entrySizeBytes(this.#entries[through]!);
      if (bytes > limits.maxBytes && through >= from) break;
      through++;
    }
    return this.between(from, through);
  }

  append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, "the log has no gaps");
      assert(entry.term >= this.lastTerm, "terms in the log never fall");
      this.#entries.push(entry);
    }
  }

  truncateFrom(index: LogIndex): void {
    this.#entries.length = index - 1;
  }
}
