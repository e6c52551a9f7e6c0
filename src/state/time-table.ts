import { hours, minutes } from "../base/index.ts";
import type { LogIndex } from "../model/index.ts";

const granularity = minutes(5);
const history = hours(72);

/** The log had reached `index` when it was `at`, in nanoseconds since the epoch. */
export interface Witness {
  readonly index: LogIndex;
  readonly at: number;
}

/**
 * Which index the log had reached when: what garbage collection turns an age into a cut-off with. It remembers 72 hours,
 * with about one entry in 5 minutes, and besides the newest of all: so in a cluster where nothing is written, what was
 * written last comes of age when its time is up. A value: noting gives a new table, so that views keep theirs.
 * Times in nanoseconds since the epoch. Source: Nomad 0.4.1, for its granularity and its span.
 */
export class TimeTable {
  /** Without the newest; oldest first, both index and time rise. */
  readonly #noted: readonly Witness[];
  readonly #newest: Witness | undefined;

  constructor(noted: readonly Witness[] = [], newest?: Witness) {
    this.#noted = noted;
    this.#newest = newest;
  }

  /** The table that has these `witnesses`. */
  static of(witnesses: readonly Witness[]): TimeTable {
    return new TimeTable(witnesses.slice(0, -1), witnesses.at(-1));
  }

  /** Oldest first; both index and time rise. */
  get witnesses(): readonly Witness[] {
    return this.#newest === undefined ? [] : [...this.#noted, this.#newest];
  }

  /** With the entry at `index`, proposed at `at`. What a clock said before it was set back is forgotten. */
  witnessing(index: LogIndex, at: number): TimeTable {
    const newest = this.#newest;
    if (newest === undefined) return new TimeTable([], { index, at });
    if (newest.at - at >= granularity) return new TimeTable(this.#noted.filter(wasBy(at)), { index, at });
    const now = Math.max(at, newest.at);
    const lastNoted = this.#noted.at(-1);
    const isSoon = lastNoted !== undefined && now - lastNoted.at < granularity;
    const noted = isSoon ? this.#noted : [...this.#noted, newest].filter((witness) => witness.at > now - history);
    return new TimeTable(noted, { index, at: now });
  }

  /** Index of the newest entry known to have been there at an instant, 0 if none is. */
  indexAt(instant: number): LogIndex {
    if (this.#newest !== undefined && this.#newest.at <= instant) return this.#newest.index;
    return this.#noted.findLast(wasBy(instant))?.index ?? 0;
  }
}

function wasBy(instant: number): (witness: Witness) => boolean {
  return ({ at }) => at <= instant;
}
