import type { LogIndex, Term } from "./log-entry.ts";
import type { Member } from "./membership.ts";

/** A place in the log. */
export interface LogPlace {
  readonly index: LogIndex;
  readonly term: Term;
}

/** What a snapshot stands for: the log through `index`, and the configuration that was in force there. */
export interface SnapshotMark extends LogPlace {
  readonly members: readonly Member[];
  /** Where that configuration stood in the log; 0 for the bootstrap configuration. */
  readonly membersIndex: LogIndex;
}

/** A part of a snapshot's file on its way to a server that lacks it. */
export interface SnapshotChunk {
  readonly offset: number;
  readonly data: Uint8Array;
  /** Of the whole file. Together with `checksum` it tells two files of one mark apart. */
  readonly totalBytes: number;
  readonly checksum: string;
}

/** How much of the log stays behind a snapshot, so that a peer a little behind need not be sent all of it. */
export interface Trailing {
  readonly entries: number;
  readonly bytes: number;
}

/** What lies before the first entry of all. */
export const LOG_START: LogPlace = { index: 0, term: 0 };
