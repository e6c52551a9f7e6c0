import type { Member } from "./membership.ts";

/** Place of an entry in the log; the first is 1, and 0 stands before it. */
export type LogIndex = number;

/** A reign of at most one leader; 0 is before the first election. */
export type Term = number;

/** What a log entry says, before a leader gives it a place. */
export type EntryContent =
  /** For the state machine; the bytes are its own affair. */
  | { readonly kind: "command"; readonly data: Uint8Array }
  /** Changes nothing: once it is applied, so is everything before it. */
  | { readonly kind: "barrier" }
  /** The servers from this entry on, in force as soon as it is appended. A leader's term begins with one. */
  | { readonly kind: "members"; readonly members: readonly Member[] }
  /** A part of a state that is to take the place of the present one; changes nothing by itself. */
  | { readonly kind: "restorePart"; readonly data: Uint8Array }
  /** The state becomes what the parts say that stand from `first` up to here: `bytes` of them, all of this term. */
  | { readonly kind: "restoreEnd"; readonly first: LogIndex; readonly bytes: number };

/** One entry of the replicated log. Two entries of one index and term are the same entry, on every server. */
export type LogEntry = EntryContent & { readonly index: LogIndex; readonly term: Term };

/** What an entry adds to a message or a write, about: its payload and a little for the rest. */
export function entrySizeBytes(entry: LogEntry): number {
  return 32 + (entry.kind === "command" || entry.kind === "restorePart" ? entry.data.length : 0);
}
