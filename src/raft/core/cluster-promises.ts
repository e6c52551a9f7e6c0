import { assert } from "../../base/index.ts";
import type { DurableBatch, DurableState, RaftEffects } from "./effects.ts";
import type { LogEntry, LogIndex, Term } from "./log-entry.ts";
import type { ServerID } from "./membership.ts";
import type { Envelope } from "./messages.ts";
import type { Raft } from "./raft.ts";

/** For tests: one core with a disk of its own, as its host would keep it. */
export interface TestServer {
  readonly id: ServerID;
  core: Raft;
  isUp: boolean;
  /** What has survived a sync. */
  disk: DurableState;
  /** Written or to be sent, but not synced: lost at a crash. */
  unsynced: { readonly batch?: DurableBatch; readonly envelopes: readonly Envelope[] }[];
  /** Applied since the last start. */
  applied: LogEntry[];
}

/**
 * For tests: what Raft promises (§5, figure 3), held against every step of every server.
 * Two entries are the same when they are one object: cores hand entries on and never copy them.
 */
export class ClusterPromises {
  readonly #leaders = new Map<Term, ServerID>();
  readonly #committed: LogEntry[] = [];
  readonly #logs = new Map<ServerID, LogEntry[]>();
  readonly #entriesByPlace = new Map<string, { entry: LogEntry; before: LogEntry | undefined }>();

  /** The log of a server as it holds it in memory. */
  logOf(id: ServerID): readonly LogEntry[] {
    return this.#logs.get(id) ?? [];
  }

  /** A server wrote: its log changes at once in its memory. */
  written(id: ServerID, { truncateFrom, entries }: DurableBatch): void {
    const log = this.#logs.get(id)!;
    if (truncateFrom !== undefined) {
      assert(truncateFrom > 0 && truncateFrom <= log.length, "only what is there is truncated");
      log.length = truncateFrom - 1;
    }
    for (const entry of entries) {
      assert(entry.index === log.length + 1, "a log has no gaps");
      this.#checkLogMatching(entry, log.at(-1));
      log.push(entry);
    }
  }

  /** A server has lost what is not on its disk. */
  crashed(id: ServerID, disk: DurableState): void {
    this.#logs.set(id, [...disk.entries]);
  }

  /** Whoever hears a vote or an acknowledgement may rely on it after a crash. */
  sent(server: TestServer, { to, message }: Envelope): void {
    const { ballot, entries } = server.disk;
    const isVoteOnDisk = (term: Term, votedFor: ServerID) =>
      ballot.term > term || (ballot.term === term && ballot.votedFor === votedFor);
    if (message.kind === "voteReply" && message.granted && message.ballot !== "trial") {
      assert(isVoteOnDisk(message.term, to), "a vote is on disk, or of the past, before it is given");
    }
    if (message.kind === "voteRequest" && message.ballot !== "trial") {
      assert(isVoteOnDisk(message.term, server.id), "one's own vote too");
    }
    if (message.kind === "appended") {
      const log = this.logOf(server.id);
      const isOnDisk = message.matched <= entries.length && entries[message.matched - 1] === log[message.matched - 1];
      assert(message.matched === 0 || isOnDisk, "an entry is on disk before it is acknowledged");
    }
  }

  check(server: TestServer, { role, apply }: RaftEffects, servers: ReadonlyMap<ServerID, TestServer>): void {
    if (role?.kind === "leader") this.#checkLeader(server.id, role.term);
    const before = server.applied.length - apply.length;
    for (const [place, entry] of apply.entries()) this.#checkCommitted(entry, before + place + 1);
    if (apply.length > 0 && server.core.role.kind === "leader") this.#checkDurable(apply.at(-1)!, server, servers);
  }

  #checkLeader(id: ServerID, term: Term): void {
    const known = this.#leaders.get(term);
    assert(known === undefined || known === id, `election safety: term ${term} has one leader`);
    this.#leaders.set(term, id);
    const log = this.logOf(id);
    const isComplete = this.#committed.every((entry) => log[entry.index - 1] === entry);
    assert(isComplete, "leader completeness: a leader has all that was committed");
  }

  #checkCommitted(entry: LogEntry, index: LogIndex): void {
    assert(entry.index === index, "entries are applied in order, each once");
    const known = this.#committed[index - 1];
    assert(known === undefined || known === entry, "state machine safety: all apply the same entry at an index");
    this.#committed[index - 1] = entry;
  }

  #checkDurable(entry: LogEntry, leader: TestServer, servers: ReadonlyMap<ServerID, TestServer>): void {
    const voters = leader.core.members.filter((member) => member.voter);
    const holders = voters.filter(({ id }) => servers.get(id)?.disk.entries[entry.index - 1] === entry);
    assert(holders.length * 2 > voters.length, "what is committed is on the disks of a majority");
  }

  /** By induction: if the same entry always has the same one before it, then equal entries have equal pasts. */
  #checkLogMatching(entry: LogEntry, before: LogEntry | undefined): void {
    const place = `${entry.index}/${entry.term}`;
    const known = this.#entriesByPlace.get(place);
    const isSame = known === undefined || (known.entry === entry && known.before === before);
    assert(isSame, "log matching: an index and a term name one entry, and one past");
    this.#entriesByPlace.set(place, { entry, before });
  }
}
