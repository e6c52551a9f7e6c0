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
 * Which index the log had reached when: what garbage collection turns an age into a cut-off with. It notes an entry
 * at most every 5 minutes and remembers 72 hours. A value: noting gives a new table, so that views keep theirs.
 * Times in nanoseconds since the epoch. Source: Nomad 0.4.1, for its granularity and its span.
 */
export class TimeTable {
  /** Oldest first; both index and time rise. */
  readonly witnesses: readonly Witness[];

  constructor(witnesses: readonly Witness[] = []) {
    this.witnesses = witnesses;
  }

  /** With the entry at `index`, proposed at `at`. What a clock said before it was set back is forgotten. */
  witnessing(index: LogIndex, at: number): TimeTable {
    const newest = this.witnesses.at(-1);
    if (newest !== undefined && Math.abs(at - newest.at) < granularity) return this;
    const kept = this.witnesses.filter((witness) => witness.at <= at && witness.at > at - history);
    return new TimeTable([...kept, { index, at }]);
  }

  /** Index of the newest entry noted at or before an instant, 0 if none is known. */
  indexAt(instant: number): LogIndex {
    return this.witnesses.findLast((witness) => witness.at <= instant)?.index ?? 0;
  }
}
