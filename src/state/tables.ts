import { assert } from "../base/index.ts";
import type { LogIndex } from "../model/index.ts";
import { Table, type TableDeclaration } from "./table.ts";
import type { Indexed } from "./table-index.ts";
import { allocations } from "./tables/allocations.ts";
import { evaluations } from "./tables/evaluations.ts";
import { jobSummaries } from "./tables/job-summaries.ts";
import { jobs } from "./tables/jobs.ts";
import { nodes } from "./tables/nodes.ts";
import { periodicLaunches } from "./tables/periodic-launches.ts";
import { schedulerConfigurations } from "./tables/scheduler-configurations.ts";
import type { RowOf, TableName } from "./view.ts";

/** The list of all tables: what is known about the cluster. */
const declarations = {
  nodes,
  jobs,
  jobSummaries,
  periodicLaunches,
  evaluations,
  allocations,
  schedulerConfigurations,
};

/** In the order in which a state is told. */
export const tableNames = Object.keys(declarations) as readonly TableName[];

/** Tables that the first states did not have. */
const laterTables: ReadonlySet<TableName> = new Set(["schedulerConfigurations"]);

/** True if what is told of a state may be silent of the table: it came later, and was never written. */
export function mayBeUntold(name: TableName): boolean {
  return laterTables.has(name);
}

/** All tables of one state. */
export type TableSet = {
  readonly [Name in TableName]: (typeof declarations)[Name] extends TableDeclaration<
    infer Row,
    infer Index,
    infer Counted
  >
    ? Table<Row, Index, Counted>
    : never;
};

/** When each table was last written; 0 if never. */
export type LastIndexes = { readonly [Name in TableName]: LogIndex };

export const neverWritten: LastIndexes = {
  nodes: 0,
  jobs: 0,
  jobSummaries: 0,
  periodicLaunches: 0,
  evaluations: 0,
  allocations: 0,
  schedulerConfigurations: 0,
};

/** The tables of a cluster of which nothing is known: not yet, or, with `written`, no more. */
export function emptyTables(written = neverWritten): TableSet {
  const empty = <Row, Index extends string, Counted extends string>(
    declaration: TableDeclaration<Row, Index, Counted>,
    lastIndex: LogIndex,
  ) => new Table(declaration, lastIndex);
  return {
    nodes: empty(nodes, written.nodes),
    jobs: empty(jobs, written.jobs),
    jobSummaries: empty(jobSummaries, written.jobSummaries),
    periodicLaunches: empty(periodicLaunches, written.periodicLaunches),
    evaluations: empty(evaluations, written.evaluations),
    allocations: empty(allocations, written.allocations),
    schedulerConfigurations: empty(schedulerConfigurations, written.schedulerConfigurations),
  };
}

/** A second set with the same rows; neither sees what is later written to the other. */
export function cloneTables(tables: TableSet): TableSet {
  return {
    nodes: tables.nodes.clone(),
    jobs: tables.jobs.clone(),
    jobSummaries: tables.jobSummaries.clone(),
    periodicLaunches: tables.periodicLaunches.clone(),
    evaluations: tables.evaluations.clone(),
    allocations: tables.allocations.clone(),
    schedulerConfigurations: tables.schedulerConfigurations.clone(),
  };
}

/**
 * A second set for whoever only reads, of which `shown` is an earlier one: a table that is as it was then is the same, so that
 * an entry of the log which writes to two tables costs two copies.
 */
export function tablesToShow(tables: TableSet, shown: TableSet | undefined): TableSet {
  if (shown === undefined) return cloneTables(tables);
  const shownOrClone = <Name extends TableName>(name: Name): TableSet[Name] =>
    isAsIn(tables[name], shown[name]) ? shown[name] : (tables[name].clone() as TableSet[Name]);
  return {
    nodes: shownOrClone("nodes"),
    jobs: shownOrClone("jobs"),
    jobSummaries: shownOrClone("jobSummaries"),
    periodicLaunches: shownOrClone("periodicLaunches"),
    evaluations: shownOrClone("evaluations"),
    allocations: shownOrClone("allocations"),
    schedulerConfigurations: shownOrClone("schedulerConfigurations"),
  };
}

function isAsIn(table: TableSet[TableName], shown: TableSet[TableName]): boolean {
  return table.contents === shown.contents && table.lastIndex === shown.lastIndex;
}

/** One table by a name that is known only at run time: its rows by the name's type, its indexes by their names. */
export function tableOf<Name extends TableName>(tables: TableSet, name: Name): Table<RowOf<Name>, string, string> {
  return tables[name] as unknown as Table<RowOf<Name>, string, string>;
}

/** By which values rows can be listed: for each index, what a row has of it. */
export function indexesOf<Name extends TableName>(name: Name): Readonly<Record<string, Indexed<RowOf<Name>>>> {
  return (declarations[name] as unknown as TableDeclaration<RowOf<Name>, string, string>).indexes;
}

/** By which values it can only be asked whether there are any rows. */
export function countedBy<Name extends TableName>(name: Name): Readonly<Record<string, Indexed<RowOf<Name>>>> {
  return (declarations[name] as unknown as TableDeclaration<RowOf<Name>, string, string>).counted ?? {};
}

/** How rows are waited for that are listed by an index, or are news by one: what each has of it, and which changes do not count. */
export interface WaitedBy<Row> {
  readonly indexed: (row: Row) => string | undefined;
  readonly isOld?: (before: Row, after: Row) => boolean;
}

/** `name` is that of an index of the table, or of its news. */
export function waitedBy<Name extends TableName>(table: Name, name: string): WaitedBy<RowOf<Name>> {
  const declared = (declarations[table] as unknown as TableDeclaration<RowOf<Name>, string>).news?.[name];
  const indexed = indexesOf(table)[declared?.index ?? name] ?? countedBy(table)[name];
  assert(indexed !== undefined, `rows are waited for by what a table declares, and "${name}" is nothing of "${table}"`);
  return { indexed, isOld: declared?.isOld };
}
