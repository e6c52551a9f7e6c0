import type { EntryContent, LogEntry, LogIndex, Term } from "./log-entry.ts";
import type { Member, ServerID } from "./membership.ts";
import type { Envelope, RaftMessage } from "./messages.ts";
import type { LogPlace, SnapshotChunk, SnapshotMark, Trailing } from "./snapshot.ts";

/** What can happen to a server. */
export type RaftInput =
  /** The instant that `wakeAt()` named has come. */
  | { readonly kind: "wake" }
  | { readonly kind: "received"; readonly from: ServerID; readonly message: RaftMessage }
  /** Wishes for entries, in order; each is answered under its number in `accepted` or `rejected`. */
  | { readonly kind: "propose"; readonly proposals: readonly Proposal[] }
  /** The batch of this number and all before it have survived a sync. */
  | { readonly kind: "persisted"; readonly batch: number }
  /**
   * Let `to`, another voter, lead instead as soon as its log is complete. Tried for an election timeout, in which
   * nothing is accepted; of no effect on a server that does not lead.
   */
  | { readonly kind: "transferLeadership"; readonly to: ServerID }
  /** Lead no longer, in the same term: what this leader began it will not end. Of no effect on one that does not lead. */
  | { readonly kind: "standDown" }
  /** Somebody wants to read what is committed now; of no effect on a server that does not lead. */
  | { readonly kind: "read"; readonly read: number }
  /** A snapshot of what is applied through `index` is on disk: the log before it may go, but for `trailing`. */
  | { readonly kind: "snapshotTaken"; readonly index: LogIndex; readonly trailing: Trailing }
  /** The answer to a `ChunkWanted`; without a chunk when there is no longer such a snapshot. */
  | { readonly kind: "chunkRead"; readonly wanted: ChunkWanted; readonly chunk?: SnapshotChunk }
  /** The answer to a `ChunkToStore`: so many bytes of that snapshot are there now, but not yet all. */
  | { readonly kind: "chunkStored"; readonly from: ServerID; readonly index: LogIndex; readonly received: number }
  /** The other answer to a `ChunkToStore`: the whole snapshot is on disk, and it is what was sent. */
  | { readonly kind: "snapshotReceived"; readonly from: ServerID; readonly snapshot: SnapshotMark }
  /** Nothing can be written until `storageFree`: lead somebody else, if anybody can. What was to be written still is. */
  | { readonly kind: "storageFull" }
  | { readonly kind: "storageFree" };

/** A part of the snapshot at `index` that is to be sent to `to`. */
export interface ChunkWanted {
  readonly to: ServerID;
  readonly index: LogIndex;
  readonly offset: number;
}

/** A part of a snapshot that has come from `from`. */
export interface ChunkToStore {
  readonly from: ServerID;
  readonly snapshot: SnapshotMark;
  readonly chunk: SnapshotChunk;
}

export interface Proposal {
  /** The host's name for it; never seen by others. */
  readonly proposal: number;
  readonly content: EntryContent;
}

/** What the host now owes. The order of the fields is the order of the obligations. */
export interface RaftEffects {
  /** At once: nothing on disk vouches for them. */
  readonly send: readonly Envelope[];
  /** One write, one sync, after all batches before it; then `persisted`. */
  readonly persist?: DurableBatch;
  /** Votes and acknowledgements: only when this batch, if any, and all before it have survived a sync. */
  readonly sendOncePersisted: readonly Envelope[];
  /** Proposals that have a place in the log; they are certain once applied. */
  readonly accepted: readonly { readonly proposal: number; readonly index: LogIndex }[];
  readonly rejected: readonly Rejection[];
  /** The state is now that of this snapshot, which is on disk, in place of all that was to be applied. */
  readonly restore?: SnapshotMark;
  /** Committed, in order, exactly once. */
  readonly apply: readonly LogEntry[];
  /** Reads that will see all that was committed when they were asked for, once this server has applied `index`. */
  readonly reads: readonly { readonly read: number; readonly index: LogIndex }[];
  readonly chunksWanted: readonly ChunkWanted[];
  readonly chunkToStore?: ChunkToStore;
  /** Where the server stands now, if that changed. */
  readonly role?: Role;
  /** What happened on the way, for logs and metrics; it steers nothing. */
  readonly events: readonly RaftEvent[];
}

/** What must survive power loss, whole or not at all. */
export interface DurableBatch {
  /** Counts up by one from 1 with every batch of a core. */
  readonly number: number;
  readonly ballot?: CastBallot;
  /** Remove every entry from here on, before the new ones are written. */
  readonly truncateFrom?: LogIndex;
  /** A snapshot has everything through here: remove it, after `truncateFrom`, and let the log go on from here. */
  readonly base?: LogPlace;
  readonly entries: readonly LogEntry[];
}

/** The newest term seen and the vote given in it, if any. */
export interface CastBallot {
  readonly term: Term;
  readonly votedFor?: ServerID;
}

/** All that a server remembers after a restart. A new one remembers `{ ballot: { term: 0 }, entries: [] }`. */
export interface DurableState {
  readonly ballot: CastBallot;
  /** What the entries follow; the log's start if absent. */
  readonly base?: LogPlace;
  readonly entries: readonly LogEntry[];
}

/**
 * Nothing was logged. `notLeader`: ask `leader`, if known. `changePending`: the configuration in force is not yet
 * committed, try later. `notOneServer`: such a change may not be made in one step. `tooFewAnswer`: those
 * who would remain could not confirm it now. `storageFull`: the disk has no room.
 */
export interface Rejection {
  readonly proposal: number;
  readonly reason: "notLeader" | "changePending" | "notOneServer" | "tooFewAnswer" | "storageFull";
  readonly leader?: ServerID;
}

export type Role =
  | { readonly kind: "follower"; readonly leader?: ServerID }
  | { readonly kind: "candidate" }
  | { readonly kind: "leader"; readonly term: Term };

export type RaftEvent =
  | { readonly kind: "heartbeatTimeout"; readonly lastLeader?: ServerID }
  | { readonly kind: "electionTimeout" }
  /** The server became another kind: a follower that merely learns its leader's name does not. */
  | { readonly kind: "entered"; readonly role: Role }
  | { readonly kind: "votesNeeded"; readonly votes: number }
  | { readonly kind: "voteGranted"; readonly from: ServerID; readonly tally: number }
  | { readonly kind: "electionWon"; readonly tally: number }
  /** This leader writes the first configuration of all: the bootstrap one is not consulted again. */
  | { readonly kind: "bootstrapped" }
  | { readonly kind: "membersChanged"; readonly members: readonly Member[] }
  /** The leader has not heard from a majority for the lease's time. */
  | { readonly kind: "quorumLost" };
