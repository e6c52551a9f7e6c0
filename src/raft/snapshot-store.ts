import { type Duration, minutes } from "../base/index.ts";
import type { SnapshotChunk, SnapshotMark } from "./core/snapshot.ts";

/** What is found at the start. */
export interface FoundSnapshots {
  /** Whole and unchanged, newest first. */
  readonly whole: readonly SnapshotMark[];
  /** What is not, one sentence each that names the file. */
  readonly damaged: readonly string[];
}

/** Where snapshots outlive a server. The newest two are kept. */
export interface SnapshotStore {
  /** Looks through all of them; asked once, before anything else. */
  load(): Promise<FoundSnapshots>;
  /** Writes a snapshot; resolves when it would survive power loss. After a rejection there is nothing of it. */
  write(mark: SnapshotMark, state: AsyncIterable<Uint8Array>): Promise<void>;
  /** What was given to `write`, for a snapshot that is there. */
  read(mark: SnapshotMark): AsyncIterable<Uint8Array>;
  /** A part of the snapshot at `index` for a peer, from `offset`; undefined when there is no such snapshot any more. */
  chunk(index: number, offset: number): Promise<SnapshotChunk | undefined>;
  /**
   * Takes a part of a peer's snapshot, if it is the next. Resolves with how much of it is there, or with "complete" once
   * all of it is on disk and proved to be what was sent; what does not prove so is thrown away, and 0 is there.
   */
  storeChunk(mark: SnapshotMark, chunk: SnapshotChunk): Promise<number | "complete">;
}

/** A state machine whose state can be written down and read again. */
export interface SnapshottedState {
  /**
   * The state as it is now, as bytes: what is applied while they are taken does not show in them. The first piece is
   * asked for before anything else is applied, so a generator may take its view when it begins. Pieces of a megabyte or
   * less let other work go on between them.
   */
  snapshot(): AsyncIterable<Uint8Array>;
  /** Puts in place of the state the one that `snapshot` gave as `bytes`. Rejects on bytes that it cannot read. */
  restore(bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** When a snapshot is taken, and how much of the log is kept behind it. */
export interface SnapshotPolicy {
  /** So many entries since the last, if they are worth it beside the size of the state; or so many bytes, whatever. */
  readonly afterEntries: number;
  readonly afterBytes: number;
  /** Not for entries alone when the last was begun so shortly before: under load they would follow on each other's heels. */
  readonly leastDistance: Duration;
  readonly trailingEntries: number;
  readonly trailingBytes: number;
}

/** Nomad's figures for entries and time; the bytes bound what the log holds in memory. */
export const DEFAULT_SNAPSHOT_POLICY: SnapshotPolicy = {
  afterEntries: 8192,
  afterBytes: 64 * 1024 * 1024,
  leastDistance: minutes(2),
  trailingEntries: 10_240,
  trailingBytes: 64 * 1024 * 1024,
};
