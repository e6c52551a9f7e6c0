import { assert } from "../../base/index.ts";
import { entrySizeBytes, type LogEntry, type LogIndex, type Term } from "./log-entry.ts";
import { LOG_START, type LogPlace, type Trailing } from "./snapshot.ts";

/**
 * The log in memory, so that the core never waits for a read. It follows `base`: what was before that is in a
 * snapshot, and was committed.
 */
export class LogTail {
  #base: LogPlace;
  #entries: LogEntry[] = [];

  constructor(entries: readonly LogEntry[], base: LogPlace = LOG_START) {
    this.#base = base;
    this.append(entries);
  }

  get base(): LogPlace {
    return this.#base;
  }

  get lastIndex(): LogIndex {
    return this.#base.index + this.#entries.length;
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.#base.term;
  }

  /** The term at `index`; undefined before the base and after the last entry. */
  termAt(index: LogIndex): Term | undefined {
    return index === this.#base.index ? this.#base.term : this.#entries[index - this.#base.index - 1]?.term;
  }

  /**
   * Whether this log and a leader's with `term` at `index` are the same up to there (log matching, §5.3). Before the
   * base all is committed, so any leader has it.
   */
  agreesAt(index: LogIndex, term: Term): boolean {
    return index < this.#base.index || this.termAt(index) === term;
  }

  /**
   * The last place that is neither after `index` nor of a term above `term`: the furthest that may agree with another
   * log. Before the base the terms are forgotten: then the place is only a bound, and its term 0.
   */
  lastAtMost(index: LogIndex, term: Term): LogPlace {
    let found = Math.min(index, this.lastIndex);
    while (found >= this.#base.index && this.termAt(found)! > term) found--;
    return { index: found, term: this.termAt(found) ?? 0 };
  }

  /** Entries from `from` to `through`, both included. */
  between(from: LogIndex, through: LogIndex): readonly LogEntry[] {
    assert(from > this.#base.index, "what is in a snapshot is no longer in the log");
    return this.#entries.slice(from - this.#base.index - 1, through - this.#base.index);
  }

  /** Entries from `from` on, as many as both limits allow, but at least one if there is one. */
  batch(from: LogIndex, limits: { readonly maxEntries: number; readonly maxBytes: number }): readonly LogEntry[] {
    let through = from - 1;
    let bytes = 0;
    while (through < this.lastIndex && through - from + 1 < limits.maxEntries) {
      bytes += entrySizeBytes(this.#entries[through - this.#base.index]!);
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
    assert(index > this.#base.index, "what is in a snapshot is never removed");
    this.#entries.length = index - this.#base.index - 1;
  }

  /** The last place at or before `index` that leaves `trailing` behind it: where to cut, once a snapshot has it all. */
  cutBefore(index: LogIndex, trailing: Trailing): LogPlace {
    let cut = index;
    let bytes = 0;
    while (cut > this.#base.index && index - cut < trailing.entries) {
      bytes += entrySizeBytes(this.#entries[cut - this.#base.index - 1]!);
      if (bytes > trailing.bytes) break;
      cut--;
    }
    return { index: cut, term: this.termAt(cut)! };
  }

  compactThrough(place: LogPlace): void {
    assert(this.termAt(place.index) === place.term, "only what is there is compacted");
    this.#entries = this.#entries.slice(place.index - this.#base.index);
    this.#base = place;
  }

  /** Forgets everything: the log goes on after `base`. */
  restart(base: LogPlace): void {
    this.#entries = [];
    this.#base = base;
  }
}
