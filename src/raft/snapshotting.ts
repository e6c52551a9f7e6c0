import { between, type Instant, later } from "../base/index.ts";
import type { Clock, Log, MetricName, Metrics } from "../runtime/index.ts";
import type { ChunkToStore, ChunkWanted, RaftInput } from "./core/effects.ts";
import { entrySizeBytes, type LogEntry, type LogIndex, type Term } from "./core/log-entry.ts";
import type { SnapshotMark } from "./core/snapshot.ts";
import {
  DEFAULT_SNAPSHOT_POLICY,
  type SnapshotPolicy,
  type SnapshotStore,
  type SnapshottedState,
} from "./snapshot-store.ts";

const timers = {
  taken: ["raft", "snapshot", "takeSnapshot"],
  shown: ["raft", "fsm", "snapshot"],
  persisted: ["raft", "snapshot", "persist"],
  restored: ["raft", "fsm", "restore"],
};

/** How much must have been logged since the last snapshot, as a part of its size. */
const WORTH = 0.5;

export interface SnapshotParts {
  readonly store: SnapshotStore;
  /** The state machine. */
  readonly state: SnapshottedState;
  readonly policy?: SnapshotPolicy;
}

/** What snapshotting asks of its host. */
export interface SnapshotHost {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly metrics: Metrics;
  markAt(index: LogIndex): SnapshotMark;
  /** Steps the core, unless the host has stopped. */
  step(input: RaftInput): void;
}

/** Takes snapshots when there is enough to put into one, and carries their parts to and from peers. */
export class Snapshotting {
  readonly #store: SnapshotStore;
  readonly #state: SnapshottedState;
  readonly #policy: SnapshotPolicy;
  readonly #host: SnapshotHost;
  /** Since the last snapshot. */
  #entries = 0;
  #bytes = 0;
  /** Bytes of the last snapshot that was taken; 0 before the first. */
  #lastSize = 0;
  #lastBegun: Instant | undefined;
  /** The term in which parts of a state came that nothing has ended yet; they are needed until then. */
  #partsOfTerm: Term | undefined;
  /** The state was restored from the log: the log before that is of no use to anybody. */
  #wasRestored = false;
  #taking: Promise<void> | undefined;
  #restoring: Promise<void> = Promise.resolve();
  /** One part at a time: a peer sends the next when it has heard of the last. */
  #storing: Promise<void> | undefined;

  constructor({ store, state, policy }: SnapshotParts, host: SnapshotHost) {
    this.#store = store;
    this.#state = state;
    this.#policy = policy ?? DEFAULT_SNAPSHOT_POLICY;
    this.#host = host;
  }

  /** The state machine has applied `entry` and nothing after it. */
  applied(entry: LogEntry): void {
    this.#entries++;
    this.#bytes += entrySizeBytes(entry);
    this.#noteParts(entry);
    if (this.#isDue && this.#canTake) this.#taking = this.#take(entry.index);
  }

  /** A leader ends in its own term what it began, or nobody does. */
  #noteParts({ kind, term }: LogEntry): void {
    if (kind === "restorePart") this.#partsOfTerm = term;
    else if (kind === "restoreEnd" || term !== this.#partsOfTerm) this.#partsOfTerm = undefined;
    if (kind === "restoreEnd") this.#wasRestored = true;
  }

  get #isDue(): boolean {
    const { afterEntries, afterBytes, leastDistance } = this.#policy;
    if (this.#wasRestored || this.#bytes >= afterBytes) return true;
    // A large state is not written anew for a few entries: then most of the disk's work would be snapshots.
    if (this.#entries < afterEntries || this.#bytes < this.#lastSize * WORTH) return false;
    return this.#lastBegun === undefined || this.#host.clock.now() >= later(this.#lastBegun, leastDistance);
  }

  get #canTake(): boolean {
    return this.#taking === undefined && this.#partsOfTerm === undefined;
  }

  /** Takes one of all that is applied, through `index`; resolves when it is on disk, or could not be taken. */
  async takeNow(index: LogIndex): Promise<void> {
    await this.#taking;
    if (!this.#canTake) return;
    this.#taking = this.#take(index);
    await this.#taking;
  }

  async read(wanted: ChunkWanted): Promise<void> {
    try {
      const chunk = await this.#store.chunk(wanted.index, wanted.offset);
      this.#host.step({ kind: "chunkRead", wanted, chunk });
    } catch (error) {
      this.#host.log.warn("cannot read a snapshot for a peer", { server: wanted.to, error: String(error) });
    }
  }

  storeChunk(part: ChunkToStore): void {
    this.#storing ??= this.#storeChunk(part);
  }

  /** Makes the state machine's state that of `mark`, once it is done with any other. */
  restore(mark: SnapshotMark): Promise<void> {
    this.#entries = 0;
    this.#bytes = 0;
    this.#partsOfTerm = undefined;
    this.#restoring = this.#restoring.then(async () => {
      const since = this.#host.clock.now();
      await this.#state.restore(this.#store.read(mark));
      this.#time(timers.restored, since);
    });
    return this.#restoring;
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#taking, this.#storing, this.#restoring]);
  }

  async #take(index: LogIndex): Promise<void> {
    const mark = this.#host.markAt(index);
    const since = this.#host.clock.now();
    const state = begun(this.#state.snapshot());
    this.#time(timers.shown, since);
    const { trailingEntries: entries, trailingBytes: bytes } = this.#policy;
    const trailing = this.#wasRestored ? { entries: 0, bytes: 0 } : { entries, bytes };
    this.#entries = 0;
    this.#bytes = 0;
    this.#wasRestored = false;
    this.#lastBegun = this.#host.clock.now();
    try {
      await this.#store.write(mark, this.#measured(state));
      this.#time(timers.persisted, this.#lastBegun);
      this.#host.step({ kind: "snapshotTaken", index, trailing });
      this.#time(timers.taken, since);
    } catch (error) {
      this.#host.log.warn("cannot write a snapshot, the log stays as it is", { index, error: String(error) });
    } finally {
      this.#taking = undefined;
    }
  }

  #time(timer: MetricName, since: Instant): void {
    const { clock, metrics } = this.#host;
    metrics.time(timer, between(since, clock.now()));
  }

  async *#measured(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    this.#lastSize = 0;
    for await (const piece of pieces) {
      this.#lastSize += piece.length;
      yield piece;
    }
  }

  async #storeChunk({ from, snapshot, chunk }: ChunkToStore): Promise<void> {
    try {
      const received = await this.#store.storeChunk(snapshot, chunk);
      this.#storing = undefined;
      if (received === "complete") this.#host.step({ kind: "snapshotReceived", from, snapshot });
      else this.#host.step({ kind: "chunkStored", from, index: snapshot.index, received });
    } catch (error) {
      this.#storing = undefined;
      this.#host.log.warn("cannot store a snapshot from a peer", { server: from, error: String(error) });
    }
  }
}

/**
 * The same pieces, the first of which is asked for at once: a generator runs only then, and what it is to show is the
 * state of now.
 */
function begun(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = iterator.next();
  first.catch(() => undefined);
  return rest(iterator, first);
}

async function* rest(
  iterator: AsyncIterator<Uint8Array>,
  first: Promise<IteratorResult<Uint8Array>>,
): AsyncIterable<Uint8Array> {
  for (let piece = await first; !piece.done; piece = await iterator.next()) yield piece.value;
}
