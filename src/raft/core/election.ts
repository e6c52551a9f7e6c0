import type { LogIndex, Term } from "./log-entry.ts";
import type { LogTail } from "./log-tail.ts";
import type { ServerID } from "./membership.ts";
import { majorityOf } from "./quorum.ts";

/** The votes of one ballot: every voter counts once, nobody else at all. */
export class Tally {
  readonly needed: number;
  readonly #voters: readonly ServerID[];
  readonly #granted = new Set<ServerID>();

  constructor(voters: readonly ServerID[]) {
    this.#voters = voters;
    this.needed = majorityOf(voters.length);
  }

  /** Counts a vote; false when it does not count or was counted before. */
  grant(from: ServerID): boolean {
    if (!this.#voters.includes(from) || this.#granted.has(from)) return false;
    this.#granted.add(from);
    return true;
  }

  get count(): number {
    return this.#granted.size;
  }

  get isWon(): boolean {
    return this.count >= this.needed;
  }
}

/**
 * Whether a candidate whose log ends with (`lastIndex`, `lastTerm`) has all that `log` holds, as far as one can tell:
 * the later last term wins, then the longer log (§5.4.1). Only such a candidate gets a vote.
 */
export function isUpToDate(candidate: { lastIndex: LogIndex; lastTerm: Term }, log: LogTail): boolean {
  if (candidate.lastTerm !== log.lastTerm) return candidate.lastTerm > log.lastTerm;
  return candidate.lastIndex >= log.lastIndex;
}
