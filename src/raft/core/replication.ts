import { type Duration, type Instant, later } from "../../base/index.ts";
import type { LogEntry, LogIndex, Term } from "./log-entry.ts";
import type { LogTail } from "./log-tail.ts";
import type { Member, ServerID } from "./membership.ts";
import type { AppendRefused, Envelope } from "./messages.ts";
import { Progress } from "./progress.ts";
import { reachedByMajority } from "./quorum.ts";

/** The most a single append carries, and the most entries that may be under way to one peer. */
const BATCH_LIMITS = { maxEntries: 64, maxBytes: 1024 * 1024 };
const MAX_ENTRIES_IN_FLIGHT = 1024;

/** A leader's work on the logs of its peers; one for each tenure. */
export class Replication {
  readonly #self: ServerID;
  readonly #term: Term;
  readonly #log: LogTail;
  readonly #heartbeatEvery: Duration;
  readonly #peers = new Map<ServerID, Progress>();

  constructor(self: ServerID, term: Term, log: LogTail, heartbeatEvery: Duration) {
    this.#self = self;
    this.#term = term;
    this.#log = log;
    this.#heartbeatEvery = heartbeatEvery;
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
    progress.accepted(matched);
  }

  refused(from: ServerID, refusal: AppendRefused, now: Instant): void {
    const progress = this.#peers.get(from);
    if (progress === undefined) return;
    progress.contactedAt = now;
    if (progress.refused(refusal, this.#log)) progress.heartbeatAt = now;
  }

  /** What each peer should be sent now: new entries, news of the commit index, a probe or a heartbeat. */
  due(now: Instant, commit: LogIndex): Envelope[] {
    return [...this.#peers].flatMap(([to, progress]) => this.#dueTo(to, progress, now, commit));
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

  isComplete(peer: ServerID): boolean {
    return this.#peers.get(peer)?.matched === this.#log.lastIndex;
  }

  /** When the next heartbeat is due; undefined without peers. */
  get nextHeartbeatAt(): Instant | undefined {
    const times = [...this.#peers.values()].map((progress) => progress.heartbeatAt);
    return times.length === 0 ? undefined : (Math.min(...times) as Instant);
  }

  #dueTo(to: ServerID, progress: Progress, now: Instant, commit: LogIndex): Envelope[] {
    const batches = progress.mode === "streaming" ? this.#takeBatches(progress) : [];
    const heartbeatDue = now >= progress.heartbeatAt;
    const commitIsNews = progress.mode === "streaming" && progress.toldCommit < commit;
    if (batches.length === 0) {
      if (!heartbeatDue && !commitIsNews) return [];
      batches.push({ after: progress.next - 1, entries: [] });
    }
    progress.heartbeatAt = later(now, this.#heartbeatEvery);
    progress.toldCommit = commit;
    return batches.map(({ after, entries }) => ({ to, message: this.#append(after, entries, commit) }));
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
    const previousTerm = this.#log.termAt(after)!;
    return { kind: "append", term: this.#term, previousIndex: after, previousTerm, entries, commit } as const;
  }
}
