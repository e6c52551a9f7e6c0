import { assert } from "../../base/index.ts";
import type { DurableBatch, DurableState, RaftEffects } from "./effects.ts";
import type { LogEntry, LogIndex, Term } from "./log-entry.ts";
import type { ServerID } from "./membership.ts";
import type { Envelope } from "./messages.ts";
import type { Raft } from "./raft.ts";
import { LOG_START, type LogPlace, type SnapshotMark } from "./snapshot.ts";

/** For tests: one core with a disk of its own, as its host would keep it. */
export interface TestServer {
  readonly id: ServerID;
  core: Raft;
  isUp: boolean;
  /** What has survived a sync. */
  disk: DurableState;
  /** The newest snapshot on disk, with all that was applied when it was taken. */
  snapshot: TestSnapshot | undefined;
  /** How much has come of a snapshot that is on its way; lost at a crash. */
  incoming: { readonly checksum: string; received: number } | undefined;
  /** Written or to be sent, but not synced: lost at a crash. */
  unsynced: { readonly batch?: DurableBatch; readonly envelopes: readonly Envelope[] }[];
  /** Applied since the last start. */
  applied: LogEntry[];
}

/** For tests: the file of a snapshot. Its bytes stand for what it holds. */
export interface TestSnapshot {
  readonly mark: SnapshotMark;
  readonly checksum: string;
  readonly applied: readonly LogEntry[];
}

interface MemoryLog {
  base: LogPlace;
  entries: LogEntry[];
}

/**
 * For tests: what Raft promises (§5, figure 3), held against every step of every server.
 * Two entries are the same when they are one object: cores hand entries on and never copy them.
 */
export class ClusterPromises {
  readonly #leaders = new Map<Term, ServerID>();
  readonly #committed: LogEntry[] = [];
  /** The term of the leader that committed each of them: nobody knows it before the leader. */
  readonly #committedIn: Term[] = [];
  readonly #logs = new Map<ServerID, MemoryLog>();
  readonly #reads = new Map<number, LogIndex>();
  readonly #votes = new Map<string, ServerID>();
  readonly #entriesByPlace = new Map<string, { entry: LogEntry; before: LogEntry | undefined }>();

  /** The log of a server as it holds it in memory. */
  logOf(id: ServerID): readonly LogEntry[] {
    return this.#logs.get(id)?.entries ?? [];
  }

  /** The highest index that anybody has applied. */
  get committedThrough(): LogIndex {
    return this.#committed.length;
  }

  /** A server wrote: its log changes at once in its memory. */
  written(id: ServerID, { truncateFrom, base, entries }: DurableBatch): void {
    const log = this.#logs.get(id)!;
    const lastIndex = () => log.base.index + log.entries.length;
    if (truncateFrom !== undefined) {
      assert(truncateFrom > log.base.index && truncateFrom <= lastIndex(), "only what is there is truncated");
      log.entries.length = truncateFrom - log.base.index - 1;
    }
    if (base !== undefined) {
      assert(base.index > log.base.index, "a log is cut further and further along");
      assert(base.index <= this.committedThrough, "only what is committed leaves the log");
      log.entries = log.entries.slice(base.index - log.base.index);
      log.base = base;
    }
    for (const entry of entries) {
      assert(entry.index === lastIndex() + 1, "a log has no gaps");
      this.#checkLogMatching(entry, log.entries.at(-1) ?? this.#committed[log.base.index - 1]);
      log.entries.push(entry);
    }
  }

  /** A read was asked for: it must see all that is committed by now. */
  readAsked(read: number): void {
    this.#reads.set(read, this.committedThrough);
  }

  /** A server has lost what is not on its disk. */
  crashed(id: ServerID, disk: DurableState): void {
    this.#logs.set(id, { base: disk.base ?? LOG_START, entries: [...disk.entries] });
  }

  /** Whoever hears a vote or an acknowledgement may rely on it after a crash. */
  sent(server: TestServer, { to, message }: Envelope): void {
    const { ballot, entries } = server.disk;
    const isVoteOnDisk = (term: Term, votedFor: ServerID) =>
      ballot.term > term || (ballot.term === term && ballot.votedFor === votedFor);
    if (message.kind === "voteReply" && message.granted && message.ballot !== "trial") {
      assert(isVoteOnDisk(message.term, to), "a vote is on disk, or of the past, before it is given");
      this.#checkVote(server.id, message.term, to);
    }
    if (message.kind === "voteRequest" && message.ballot !== "trial") {
      assert(isVoteOnDisk(message.term, server.id), "one's own vote too");
      this.#checkVote(server.id, message.term, server.id);
    }
    if (message.kind === "appended") {
      const onDisk = entries[message.matched - (server.disk.base?.index ?? 0) - 1];
      const isInSnapshot = message.matched <= (server.snapshot?.mark.index ?? 0);
      // What was said in an earlier term was true then, and may be sent after it was overwritten.
      const isCurrent = message.term < server.core.term || onDisk === this.#entryOf(server.id, message.matched);
      const isOnDisk = onDisk !== undefined && isCurrent;
      assert(message.matched === 0 || isInSnapshot || isOnDisk, "an entry is on disk before it is acknowledged");
    }
  }

  check(server: TestServer, effects: RaftEffects, servers: ReadonlyMap<ServerID, TestServer>): void {
    const { role, apply, reads } = effects;
    if (role?.kind === "leader") this.#checkLeader(server.id, role.term);
    for (const { read, index } of reads) {
      assert(index >= this.#reads.get(read)!, "a read sees all that was committed when it was asked for");
      assert(this.#reads.delete(read), "a read is answered once");
    }
    const before = server.applied.length - apply.length;
    for (const [place, entry] of apply.entries()) this.#checkCommitted(entry, before + place + 1, server.core.term);
    if (apply.length > 0 && server.core.role.kind === "leader") this.#checkDurable(apply.at(-1)!, server, servers);
  }

  #checkVote(voter: ServerID, term: Term, candidate: ServerID): void {
    const known = this.#votes.get(`${voter}/${term}`);
    assert(known === undefined || known === candidate, "a server votes once a term");
    this.#votes.set(`${voter}/${term}`, candidate);
  }

  #checkLeader(id: ServerID, term: Term): void {
    const known = this.#leaders.get(term);
    assert(known === undefined || known === id, `election safety: term ${term} has one leader`);
    this.#leaders.set(term, id);
    const base = this.#logs.get(id)!.base.index;
    const has = (entry: LogEntry) => entry.index <= base || this.#entryOf(id, entry.index) === entry;
    const isComplete = this.#committed.every((entry) => this.#committedIn[entry.index - 1]! >= term || has(entry));
    assert(isComplete, "leader completeness: a leader has all that was committed in earlier terms");
  }

  #checkCommitted(entry: LogEntry, index: LogIndex, term: Term): void {
    assert(entry.index === index, "entries are applied in order, each once");
    const known = this.#committed[index - 1];
    assert(known === undefined || known === entry, "state machine safety: all apply the same entry at an index");
    this.#committed[index - 1] = entry;
    this.#committedIn[index - 1] ??= term;
  }

  #checkDurable(entry: LogEntry, leader: TestServer, servers: ReadonlyMap<ServerID, TestServer>): void {
    const voters = leader.core.members.filter((member) => member.voter);
    const holders = voters.filter(({ id }) => {
      const { disk, snapshot } = servers.get(id)!;
      const isInSnapshot = entry.index <= (snapshot?.mark.index ?? 0);
      return isInSnapshot || disk.entries[entry.index - (disk.base?.index ?? 0) - 1] === entry;
    });
    assert(holders.length * 2 > voters.length, "what is committed is on the disks of a majority");
  }

  #entryOf(id: ServerID, index: LogIndex): LogEntry | undefined {
    const { base, entries } = this.#logs.get(id)!;
    return entries[index - base.index - 1];
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
