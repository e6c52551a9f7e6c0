import { type Duration, type Instant, later } from "../../base/index.ts";
import { CatchUp } from "./catch-up.ts";
import type { LogIndex } from "./log-entry.ts";
import type { LogTail } from "./log-tail.ts";
import type { AppendRefused } from "./messages.ts";
import type { SnapshotMark } from "./snapshot.ts";

/** A snapshot on its way to a peer: the part at `offset` is next, and asked for again at `retryAt`. */
export interface SnapshotTransfer {
  readonly snapshot: SnapshotMark;
  offset: number;
  retryAt: Instant;
}

/**
 * What a leader knows of one peer's log.
 *
 *     1 ......... matched ......... next-1 | next ......... last
 *       on its disk        sent, no word yet    not yet sent
 *
 * While `streaming`, entries are sent without waiting for replies, `next` running ahead. A refusal means that the logs
 * part somewhere below: then it is `probing`, one empty append at a time, until a reply names a place where they agree.
 * If that lies before what our log still has, the peer needs a `snapshot`, and nothing else until it has it.
 */
export class Progress {
  matched: LogIndex = 0;
  next: LogIndex;
  mode: "streaming" | "probing" | "snapshot" = "streaming";
  /** When the peer last answered in this term. */
  contactedAt: Instant;
  /** When the peer must hear from us again, at the latest. */
  heartbeatAt: Instant;
  /** The highest commit index told to the peer. */
  toldCommit: LogIndex = 0;
  /** When the peer is to be told of more, at the latest. */
  newsAt: Instant | undefined;
  readonly catchUp: CatchUp;
  /** While in mode `snapshot`. */
  transfer: SnapshotTransfer | undefined;
  /** Everything up to here is known, or was assumed when streaming began, to be with the peer. */
  #settled: LogIndex;

  /** Optimistic: the peer is taken to have all of the log, and will say if not. */
  constructor(log: LogTail, now: Instant) {
    this.next = log.lastIndex + 1;
    this.#settled = log.lastIndex;
    this.catchUp = new CatchUp(log.lastIndex, now);
    this.contactedAt = now;
    this.heartbeatAt = now;
  }

  /** Entries sent of which nothing was heard yet. */
  get inFlight(): number {
    return this.next - 1 - this.#settled;
  }

  accepted(matched: LogIndex, log: LogTail): void {
    this.matched = Math.max(this.matched, matched);
    if (this.mode === "snapshot" && this.matched < log.base.index) return;
    this.next = Math.max(this.next, this.matched + 1);
    if (this.mode !== "streaming") {
      this.mode = "streaming";
      this.transfer = undefined;
      this.#settled = this.next - 1;
    }
    this.#settled = Math.max(this.#settled, this.matched);
  }

  /** Steps back, by as much as the refusal's hint allows. True if the place moved: then probe again at once. */
  refused(refusal: AppendRefused, log: LogTail): boolean {
    const overtaken = refusal.previousIndex <= this.matched;
    const notOurProbe = this.mode === "probing" && refusal.previousIndex !== this.next - 1;
    if (this.mode === "snapshot" || overtaken || notOurProbe) return false;
    const mayAgree = log.lastAtMost(refusal.hintIndex, refusal.hintTerm).index;
    this.mode = "probing";
    this.next = Math.max(this.matched + 1, Math.min(refusal.previousIndex, mayAgree + 1));
    return true;
  }

  /** Sends `snapshot` from its beginning instead of entries. */
  beginSnapshot(snapshot: SnapshotMark, now: Instant): void {
    this.mode = "snapshot";
    this.next = this.matched + 1;
    this.transfer = { snapshot, offset: 0, retryAt: now };
  }

  /** The peer has the first `received` bytes of the snapshot at `index`: the next are due at once. */
  stored(index: LogIndex, received: number, now: Instant): void {
    if (this.transfer?.snapshot.index !== index) return;
    this.transfer.offset = received;
    this.transfer.retryAt = now;
  }

  /** Takes note that the due part is being sent; it is due again after `patience`. */
  sendPart(now: Instant, patience: Duration): void {
    if (this.transfer !== undefined) this.transfer.retryAt = later(now, patience);
  }
}
