import type { Instant } from "../../base/index.ts";
import type { LogIndex } from "./log-entry.ts";
import type { LogTail } from "./log-tail.ts";
import type { AppendRefused } from "./messages.ts";

/**
 * What a leader knows of one peer's log.
 *
 *     1 ......... matched ......... next-1 | next ......... last
 *       on its disk        sent, no word yet    not yet sent
 *
 * While `streaming`, entries are sent without waiting for replies, `next` running ahead. A refusal means that the logs
 * part somewhere below: then it is `probing`, one empty append at a time, until a reply names a place where they agree.
 */
export class Progress {
  matched: LogIndex = 0;
  next: LogIndex;
  mode: "streaming" | "probing" = "streaming";
  /** When the peer last answered in this term. */
  contactedAt: Instant;
  /** When the peer must hear from us again, at the latest. */
  heartbeatAt: Instant;
  /** The highest commit index told to the peer. */
  toldCommit: LogIndex = 0;
  /** Everything up to here is known, or was assumed when streaming began, to be with the peer. */
  #settled: LogIndex;

  /** Optimistic: the peer is taken to have all of the log, and will say if not. */
  constructor(log: LogTail, now: Instant) {
    this.next = log.lastIndex + 1;
    this.#settled = log.lastIndex;
    this.contactedAt = now;
    this.heartbeatAt = now;
  }

  /** Entries sent of which nothing was heard yet. */
  get inFlight(): number {
    return this.next - 1 - this.#settled;
  }

  accepted(matched: LogIndex): void {
    this.matched = Math.max(this.matched, matched);
    this.next = Math.max(this.next, this.matched + 1);
    if (this.mode === "probing") {
      this.mode = "streaming";
      this.#settled = this.next - 1;
    }
    this.#settled = Math.max(this.#settled, this.matched);
  }

  /** Steps back, by as much as the refusal's hint allows. True if the place moved: then probe again at once. */
  refused(refusal: AppendRefused, log: LogTail): boolean {
    const overtaken = refusal.previousIndex <= this.matched;
    const notOurProbe = this.mode === "probing" && refusal.previousIndex !== this.next - 1;
    if (overtaken || notOurProbe) return false;
    const mayAgree = log.lastAtMost(refusal.hintIndex, refusal.hintTerm).index;
    this.mode = "probing";
    this.next = Math.max(this.matched + 1, Math.min(refusal.previousIndex, mayAgree + 1));
    return true;
  }
}
