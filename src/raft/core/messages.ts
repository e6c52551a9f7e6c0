import type { LogEntry, LogIndex, Term } from "./log-entry.ts";
import type { ServerID } from "./membership.ts";
import type { SnapshotChunk, SnapshotMark } from "./snapshot.ts";

/**
 * Why a vote is asked for. A `trial` asks whether one would be given, and binds nobody (pre-vote); a `real` vote is
 * given once a term; `handover` is a real vote that the present leader wants, so nobody defends it.
 */
export type Ballot = "trial" | "real" | "handover";

/** What servers say to each other. `term` is the sender's, save in a trial, where it is the term asked about. */
export type RaftMessage =
  | VoteRequest
  | VoteReply
  | Append
  | AppendReply
  | CampaignNow
  | InstallSnapshot
  | SnapshotStored
  | Confirm
  | Confirmed;

export interface VoteRequest {
  readonly kind: "voteRequest";
  readonly ballot: Ballot;
  readonly term: Term;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

/** A refused trial carries the sender's own term, so that the candidate can catch up. */
export interface VoteReply {
  readonly kind: "voteReply";
  readonly ballot: Ballot;
  readonly term: Term;
  readonly granted: boolean;
}

/** Entries that follow `previousIndex`; without any it is a heartbeat. */
export interface Append {
  readonly kind: "append";
  readonly term: Term;
  readonly previousIndex: LogIndex;
  readonly previousTerm: Term;
  readonly entries: readonly LogEntry[];
  readonly commit: LogIndex;
}

/** Whether both are the same message. A leader's entries are the same in all that it says of them (§5.3). */
export function isSameAppend(one: Append, other: Append): boolean {
  return (
    one.term === other.term &&
    one.previousIndex === other.previousIndex &&
    one.commit === other.commit &&
    one.entries.length === other.entries.length &&
    one.entries.at(-1) === other.entries.at(-1)
  );
}

export type AppendReply = Appended | AppendRefused;

/** The leader's log up to `matched` is on the sender's disk. */
export interface Appended {
  readonly kind: "appended";
  readonly term: Term;
  readonly matched: LogIndex;
}

/**
 * The sender's log does not agree at `previousIndex`, or the leader's term is over. `hintIndex` and `hintTerm` name
 * the sender's last entry that could agree: it is not later than `previousIndex` and its term not above the one asked.
 */
export interface AppendRefused {
  readonly kind: "appendRefused";
  readonly term: Term;
  readonly previousIndex: LogIndex;
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
}

/** From a leader that hands over: campaign at once. */
export interface CampaignNow {
  readonly kind: "campaignNow";
  readonly term: Term;
}

/** A part of what the peer needs instead of entries that the leader's log no longer has. */
export interface InstallSnapshot {
  readonly kind: "installSnapshot";
  readonly term: Term;
  readonly snapshot: SnapshotMark;
  readonly chunk: SnapshotChunk;
}

/** The sender has the first `received` bytes of the snapshot at `index`; the next are wanted. */
export interface SnapshotStored {
  readonly kind: "snapshotStored";
  readonly term: Term;
  readonly index: LogIndex;
  readonly received: number;
}

/** From a leader that wants to know whether it still is one; a heartbeat too. */
export interface Confirm {
  readonly kind: "confirm";
  readonly term: Term;
  readonly round: number;
}

/** The sender knew of no later leader when it heard `round` of this term; 0 when it is not of this term. */
export interface Confirmed {
  readonly kind: "confirmed";
  readonly term: Term;
  readonly round: number;
}

/** A message with its addressee. */
export interface Envelope {
  readonly to: ServerID;
  readonly message: RaftMessage;
}
