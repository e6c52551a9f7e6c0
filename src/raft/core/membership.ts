import { assert } from "../../base/index.ts";
import type { LogEntry, LogIndex } from "./log-entry.ts";

/** Names a server for as long as it lives. Addresses may change, this does not. */
export type ServerID = string;

/** A server of the configuration. One that is not a voter receives the log but is not counted. */
export interface Member {
  readonly id: ServerID;
  /** Where its peers reach it, `host:port`. */
  readonly address: string;
  readonly voter: boolean;
}

/** The servers as a place in the log has them. */
export interface Configuration {
  readonly index: LogIndex;
  readonly members: readonly Member[];
}

/**
 * Which servers make up the cluster. The newest members entry in the log is in force, committed or not;
 * when it is truncated away, the one before it is again. Before the first, the bootstrap configuration holds.
 * Source: Ongaro's thesis, chapter 4.
 */
export class Membership {
  #versions: Configuration[];
  /** Of the members in force, for whom it was made: nearly every step asks for them. */
  #voters: { readonly of: readonly Member[]; readonly ids: readonly ServerID[] } | undefined;

  /** `initial` is the bootstrap configuration at index 0, or the one of a snapshot. */
  constructor(initial: Configuration, log: Iterable<LogEntry>) {
    this.#versions = [initial];
    for (const entry of log) if (entry.index > initial.index) this.appended(entry);
  }

  get members(): readonly Member[] {
    return this.#latest.members;
  }

  /** Where the configuration in force stands in the log; 0 for the bootstrap configuration. */
  get index(): LogIndex {
    return this.#latest.index;
  }

  get voters(): readonly ServerID[] {
    const of = this.members;
    if (this.#voters?.of !== of) {
      this.#voters = { of, ids: of.filter((member) => member.voter).map((member) => member.id) };
    }
    return this.#voters.ids;
  }

  isMember(id: ServerID): boolean {
    return this.members.some((member) => member.id === id);
  }

  isVoter(id: ServerID): boolean {
    return hasVote(this.members, id);
  }

  /** Whether `id` is a voter in the newest configuration of the log up to `commit`, or in any after it. */
  isVoterSince(commit: LogIndex, id: ServerID): boolean {
    const newestCommitted = this.#versions.findLastIndex((version) => version.index <= commit);
    return this.#versions.slice(newestCommitted).some(({ members }) => hasVote(members, id));
  }

  appended(entry: LogEntry): void {
    if (entry.kind !== "members") return;
    assert(entry.index > this.index, "configurations are appended in order");
    this.#versions.push({ index: entry.index, members: entry.members });
  }

  /** The configuration in force at `index`, which is not before the oldest that is known. */
  at(index: LogIndex): Configuration {
    return this.#versions.findLast((version) => version.index <= index)!;
  }

  /** The log now begins with a snapshot in which `configuration` is in force. */
  restarted(configuration: Configuration): void {
    this.#versions = [configuration];
  }

  truncated(from: LogIndex): void {
    while (this.index >= from && this.index > 0) this.#versions.pop();
  }

  get #latest() {
    return this.#versions.at(-1)!;
  }
}

/**
 * Whether `after` may follow `before` directly: at least one voter, every id once, and at most one vote gained or
 * lost, so that any majority of the one shares a server with any majority of the other.
 * Source: Ongaro's thesis, §4.1.
 */
export function isSingleServerChange(before: readonly Member[], after: readonly Member[]): boolean {
  const votersBefore = voterIDs(before);
  const votersAfter = voterIDs(after);
  const gained = [...votersAfter].filter((id) => !votersBefore.has(id)).length;
  const lost = [...votersBefore].filter((id) => !votersAfter.has(id)).length;
  const distinct = new Set(after.map((member) => member.id)).size === after.length;
  return distinct && votersAfter.size > 0 && gained + lost <= 1;
}

function hasVote(members: readonly Member[], id: ServerID): boolean {
  return members.some((member) => member.id === id && member.voter);
}

function voterIDs(members: readonly Member[]): Set<ServerID> {
  return new Set(members.filter((member) => member.voter).map((member) => member.id));
}
