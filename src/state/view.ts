import type {
  Allocation,
  Evaluation,
  Job,
  JobSummary,
  LogIndex,
  Node,
  SchedulerConfiguration,
  Usage,
} from "../model/index.ts";
import type { TimeTable } from "./time-table.ts";

/** When a periodic job was last launched. `Launch` in nanoseconds since the epoch. */
export interface PeriodicLaunch {
  readonly ID: string;
  readonly Namespace: string;
  readonly Launch: number;
  readonly CreateIndex: LogIndex;
  readonly ModifyIndex: LogIndex;
}

/**
 * One kind of thing that is known about the cluster, at one index. Rows are shared and never change.
 * Lists come in the order of their keys; lists by an index in the order of the primary keys.
 */
export interface TableView<Row, Indexes = Record<never, never>, Counted extends string = never> {
  /** Rows in the table. */
  readonly size: number;
  /** Index of the last write to the table; 0 if there was none. Looking at it is not noted: it says when, not what. */
  readonly lastIndex: LogIndex;
  /** Stands for the rows: the same object for as long as they are the same, so that what is known of all can be kept by it. */
  readonly contents: object;
  get(key: string): Row | undefined;
  all(): IterableIterator<Row>;
  withPrefix(prefix: string): IterableIterator<Row>;
  by<Index extends keyof Indexes>(index: Index, value: Indexes[Index]): IterableIterator<Row>;
  /** Whether there is any row that has the value, by which some tables cannot list their rows. */
  hasAny(index: (keyof Indexes & string) | Counted, value: string): boolean;
}

/** Allocations, and what those that are not over take on each node. */
export interface AllocationsView
  extends TableView<Allocation, { node: string; job: string; evaluation: string }, "activeJob"> {
  /** What all of them on the node take together, without looking at each; `node` is the node's key. */
  takenOf(node: string): Usage;
  /**
   * All of them on the node, for the node itself: whoever waits for a change of these is woken by what the servers change,
   * and not by what clients say. `node` is the node's key.
   */
  assignedTo(node: string): readonly Allocation[];
  /** For who knows them from elsewhere: noted as if they had been looked at. */
  awaitAssigned(node: string): void;
}

/**
 * Keys are lower-case ids; a job's key is its namespace and its id in lower case, see `jobKey`.
 * By `activeJob` is by job too, and counts only what is not over (not terminal).
 */
export interface Tables {
  readonly nodes: TableView<Node>;
  readonly jobs: TableView<Job>;
  readonly jobSummaries: TableView<JobSummary>;
  readonly periodicLaunches: TableView<PeriodicLaunch>;
  readonly evaluations: TableView<Evaluation, { job: string }, "activeJob">;
  readonly allocations: AllocationsView;
  readonly schedulerConfigurations: TableView<SchedulerConfiguration>;
}

/** The state at one index: free to take, stable for as long as it is held. */
export interface StateView extends Tables {
  /** Index of the last log entry that was applied. */
  readonly index: LogIndex;
  /** Which index the log had reached when. */
  readonly times: TimeTable;
  /**
   * The view as it would be after `change`, one index later unless said: how a dry run and the plan applier ask "what if".
   * At its own index it is what was known by then, with what has been decided since and is not logged yet.
   */
  assuming(change: (write: Transaction) => void, at?: LogIndex): StateView;
  /** The same view, noting in `reads` everything that is looked at from now on. */
  noting(reads: ReadSet): StateView;
  /** Index of the newest entry applied at or before an instant (nanoseconds since the epoch), 0 if none is known. */
  indexAt(instant: number): LogIndex;
}

/** Names of the tables. */
export type TableName = keyof Tables;

/** What a reader looked at: single keys, values of an index, prefixes, whole tables. */
export interface ReadSet {
  noteKey(table: TableName, key: string): void;
  noteIndex(table: TableName, index: string, value: string): void;
  notePrefix(table: TableName, prefix: string): void;
  noteTable(table: TableName): void;
  /** What was noted so far, each thing once. */
  notes(): Iterable<ReadNote>;
}

/** One thing that a reader looked at. */
export type ReadNote =
  | { readonly kind: "key"; readonly table: TableName; readonly key: string }
  | { readonly kind: "index"; readonly table: TableName; readonly index: string; readonly value: string }
  | { readonly kind: "prefix"; readonly table: TableName; readonly prefix: string }
  | { readonly kind: "table"; readonly table: TableName };

/** A change in the making: reads see its own writes. */
export interface Transaction extends Tables {
  /** The log entry that makes the change. */
  readonly index: LogIndex;
  /** Stores a row under its key, in place of the one that is there. The row is shared from now on. */
  put<Name extends TableName>(table: Name, row: RowOf<Name>): void;
  /** Removes a row; nothing happens if there is none. */
  delete(table: TableName, key: string): void;
}

/** What a table holds. */
export type RowOf<Name extends TableName> =
  Tables[Name] extends TableView<infer Row, infer _Indexes, infer _Counted> ? Row : never;

/** What one log entry did to one row; a missing `after` means deleted, a missing `before` new. */
export type Change = {
  [Name in TableName]: {
    readonly table: Name;
    readonly key: string;
    readonly before: RowOf<Name> | undefined;
    readonly after: RowOf<Name> | undefined;
  };
}[TableName];

/** The job whose key was asked for last: a command asks for one job's many times, and all it stores by it shares one string. */
let asked = { namespace: "", jobID: "", key: "\u0000" };

/** Key of a job and of all that is kept by job. Job ids are the same in upper and lower case. */
export function jobKey(namespace: string, jobID: string): string {
  if (asked.jobID !== jobID || asked.namespace !== namespace) {
    asked = { namespace, jobID, key: `${namespace}\u0000${jobID.toLowerCase()}` };
  }
  return asked.key;
}
