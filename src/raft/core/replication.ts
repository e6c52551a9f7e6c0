import { type Duration, type Instant, later, soonest } from "../../base/index.ts";
import type { ChunkWanted } from "./effects.ts";
import type { LogEntry, LogIndex, Term } from "./log-entry.ts";
import type { LogTail } from "./log-tail.ts";
import type { Member, ServerID } from "./membership.ts";
import type { AppendRefused, Envelope } from "./messages.ts";
import { Progress } from "./progress.ts";
import { majorityOf, reachedByMajority } from "./quorum.ts";
import type { SnapshotMark } from "./snapshot.ts";
import type { RaftTiming } from "./timing.ts";

/** The most a single append carries, and the most entries that may be under way to one peer. */
const BATCH_LIMITS = { maxEntries: 64, maxBytes: 1024 * 1024 };
const MAX_ENTRIES_IN_FLIGHT = 1024;

/** A leader's knowledge of a peer: how much of the log is on its disk, when it last answered, and whether it keeps up. */
export type PeerStanding = Pick<Readonly<Progress>, "matched" | "contactedAt" | "catchUp">;

/** A leader's work on the logs of its peers; one for each tenure. */
export class Replication {
  readonly #self: ServerID;
  readonly #term: Term;
  readonly #log: LogTail;
  readonly #heartbeatEvery: Duration;
  readonly #newsPatience: Duration;
  /** How long a part of a snapshot may go unanswered before it is sent again. */
  readonly #transferPatience: Duration;
  readonly #peers = new Map<ServerID, Progress>();

  constructor(self: ServerID, term: Term, log: LogTail, timing: RaftTiming) {
    this.#self = self;
    this.#term = term;
    this.#log = log;
    this.#heartbeatEvery = timing.heartbeatEvery;
    this.#newsPatience = timing.newsPatience;
    this.#transferPatience = timing.electionTimeout;
  }

  /** Begins with peers that are new in `members`, forgets those that are gone. */
  follow(members: readonly Member[], now: Instant): void {
    const ids = new Set(members.map((member) => member.id));
    for (const peer of this.#peers.keys()) if (!ids.has(peer)) this.#peers.delete(peer);
    for (const id of ids) {
      if (id !== this.#self && !this.#peers.has(id)) this.#peers.set(id, new Progress(this.#log, now));
    }
  }

  accepted(from: ServerID, matched: LogIndex, now: Instant): void {
    const progress = this.#peers.get(from);
    if (progress === undefined) return;
    progress.contactedAt = now;
    progress.accepted(matched, this.#log);
    progress.catchUp.heard(progress.matched, this.#log.lastIndex, now);
  }

  /** The peer is there and knows of no later leader. */
  heardFrom(from: ServerID, now: Instant): void {
    const progress = this.#peers.get(from);
    if (progress !== undefined) progress.contactedAt = now;
  }

  snapshotStored(from: ServerID, index: LogIndex, received: number, now: Instant): void {
    const progress = this.#peers.get(from);
    if (progress === undefined) return;
    progress.contactedAt = now;
    progress.stored(index, received, now);
  }

  /** The snapshot that is being sent to `to`, if it is the one at `index` and the part at `offset` is due. */
  transferring({ to, index, offset }: ChunkWanted): SnapshotMark | undefined {
    const transfer = this.#peers.get(to)?.transfer;
    return transfer?.snapshot.index === index && transfer.offset === offset ? transfer.snapshot : undefined;
  }

  /** The snapshot that was being sent to `to` is no more: begin anew with `snapshot`. */
  restartTransfer(to: ServerID, snapshot: SnapshotMark, now: Instant): void {
    this.#peers.get(to)?.beginSnapshot(snapshot, now);
  }

  refused(from: ServerID, refusal: AppendRefused, now: Instant): void {
    const progress = this.#peers.get(from);
    if (progress === undefined) return;
    progress.contactedAt = now;
    if (progress.refused(refusal, this.#log)) progress.heartbeatAt = now;
  }

  /** The parts of snapshots that are due; `snapshot` is the newest, for peers that need what our log no longer has. */
  chunksDue(now: Instant, snapshot: SnapshotMark | undefined): ChunkWanted[] {
    const wanted: ChunkWanted[] = [];
    for (const [to, progress] of this.#peers) {
      if (this.#needsSnapshot(progress)) progress.beginSnapshot(snapshot!, now);
      const { transfer } = progress;
      if (transfer === undefined || now < transfer.retryAt) continue;
      wanted.push({ to, index: transfer.snapshot.index, offset: transfer.offset });
      progress.sendPart(now, this.#transferPatience);
    }
    return wanted;
  }

  /** What each peer should be sent now: new entries, news of the commit index, a probe or a heartbeat. */
  due(now: Instant, commit: LogIndex): Envelope[] {
    const due: Envelope[] = [];
    for (const [to, progress] of this.#peers) due.push(...this.#dueTo(to, progress, now, commit));
    return due;
  }

  /** The highest index that is on the disks of a majority of `voters`; `own` is the leader's. */
  durableOnMajority(voters: readonly ServerID[], own: LogIndex): LogIndex {
    return reachedByMajority(voters.map((id) => (id === this.#self ? own : (this.#peers.get(id)?.matched ?? 0))));
  }

  /** The last instant by which a majority of `voters` had been heard. A leader hears itself at all times. */
  heardFromMajorityAt(voters: readonly ServerID[]): Instant {
    const always = Number.POSITIVE_INFINITY;
    const heard = voters.map((id) => (id === this.#self ? always : (this.#peers.get(id)?.contactedAt ?? 0)));
    return reachedByMajority(heard) as Instant;
  }

  /** Whether a majority of `voters` has the log up to `index` at least, and has answered after `since`. */
  isFollowedByMajority(voters: readonly ServerID[], index: LogIndex, since: Instant): boolean {
    const following = voters.filter((id) => {
      const peer = this.#peers.get(id);
      return id === this.#self || (peer !== undefined && peer.matched >= index && peer.contactedAt > since);
    });
    return following.length >= majorityOf(voters.length);
  }

  isComplete(peer: ServerID): boolean {
    return this.#peers.get(peer)?.matched === this.#log.lastIndex;
  }

  /** What is known of a peer; undefined of a stranger. */
  standingOf(peer: ServerID): PeerStanding | undefined {
    return this.#peers.get(peer);
  }

  /** When the next heartbeat, news or part of a snapshot is due; undefined without peers. */
  get nextDueAt(): Instant | undefined {
    let next: Instant | undefined;
    for (const { heartbeatAt, newsAt, transfer } of this.#peers.values()) {
      next = soonest(next ?? heartbeatAt, heartbeatAt);
      if (newsAt !== undefined) next = soonest(next, newsAt);
      if (transfer !== undefined) next = soonest(next, transfer.retryAt);
    }
    return next;
  }

  /** The peer lacks entries that are only in a snapshot, and none that would help is on its way. */
  #needsSnapshot({ mode, matched, next, transfer }: Progress): boolean {
    if (mode === "snapshot") return transfer!.snapshot.index <= matched;
    return next - 1 < this.#log.base.index;
  }

  #dueTo(to: ServerID, progress: Progress, now: Instant, commit: LogIndex): Envelope[] {
    const batches = progress.mode === "streaming" ? this.#takeBatches(progress) : [];
    const heartbeatDue = now >= progress.heartbeatAt;
    if (batches.length === 0) {
      if (!heartbeatDue && !this.#newsIsDue(progress, now, commit)) return [];
      // A heartbeat to a peer that waits for a snapshot speaks of a place on which all agree.
      batches.push({ after: progress.mode === "snapshot" ? 0 : progress.next - 1, entries: [] });
    }
    progress.heartbeatAt = later(now, this.#heartbeatEvery);
    progress.toldCommit = commit;
    progress.newsAt = undefined;
    return batches.map(({ after, entries }) => ({ to, message: this.#append(after, entries, commit) }));
  }

  /** The next entries carry the news; where none come soon, and none are under way, it is told by itself. */
  #newsIsDue(progress: Progress, now: Instant, commit: LogIndex): boolean {
    const isNews = progress.mode === "streaming" && progress.inFlight === 0 && progress.toldCommit < commit;
    progress.newsAt = isNews ? (progress.newsAt ?? later(now, this.#newsPatience)) : undefined;
    return progress.newsAt !== undefined && now >= progress.newsAt;
  }

  #takeBatches(progress: Progress): { after: LogIndex; entries: readonly LogEntry[] }[] {
    const batches: { after: LogIndex; entries: readonly LogEntry[] }[] = [];
    while (progress.next <= this.#log.lastIndex && progress.inFlight < MAX_ENTRIES_IN_FLIGHT) {
      const entries = this.#log.batch(progress.next, BATCH_LIMITS);
      batches.push({ after: progress.next - 1, entries });
      progress.next += entries.length;
    }
    return batches;
  }

  #append(after: LogIndex, entries: readonly LogEntry[], commit: LogIndex) {
    const previousTerm = after === 0 ? 0 : this.#log.termAt(after)!;
    return { kind: "append", term: this.#term, previousIndex: after, previousTerm, entries, commit } as const;
  }
}
