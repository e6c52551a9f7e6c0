import type {
  CastBallot,
  ChunkToStore,
  ChunkWanted,
  DurableBatch,
  RaftEffects,
  RaftEvent,
  Rejection,
  Role,
} from "./effects.ts";
import type { LogEntry, LogIndex } from "./log-entry.ts";
import type { ServerID } from "./membership.ts";
import type { Envelope, RaftMessage } from "./messages.ts";
import type { LogPlace, SnapshotMark } from "./snapshot.ts";

/** Where one step gathers what it owes. */
export class Outbox {
  readonly send: Envelope[] = [];
  readonly sendOncePersisted: Envelope[] = [];
  readonly accepted: { proposal: number; index: LogIndex }[] = [];
  readonly rejected: Rejection[] = [];
  readonly apply: LogEntry[] = [];
  readonly events: RaftEvent[] = [];
  readonly entries: LogEntry[] = [];
  ballot: CastBallot | undefined;
  truncateFrom: LogIndex | undefined;
  base: LogPlace | undefined;
  restore: SnapshotMark | undefined;
  chunkToStore: ChunkToStore | undefined;
  readonly chunksWanted: ChunkWanted[] = [];
  readonly reads: { read: number; index: LogIndex }[] = [];

  reply(to: ServerID, message: RaftMessage): void {
    this.send.push({ to, message });
  }

  replyOncePersisted(to: ServerID, message: RaftMessage): void {
    this.sendOncePersisted.push({ to, message });
  }

  get hasWrites(): boolean {
    const hasFewer = this.truncateFrom !== undefined || this.base !== undefined;
    return this.ballot !== undefined || hasFewer || this.entries.length > 0;
  }

  batch(number: number): DurableBatch {
    const { ballot, truncateFrom, base, entries } = this;
    return { number, ballot, truncateFrom, base, entries };
  }

  effects(persist: DurableBatch | undefined, role: Role | undefined): RaftEffects {
    const { send, sendOncePersisted, accepted, rejected, restore, apply, reads, chunksWanted, chunkToStore, events } =
      this;
    const answers = { accepted, rejected, restore, apply, reads };
    return { send, persist, sendOncePersisted, ...answers, chunksWanted, chunkToStore, role, events };
  }
}
