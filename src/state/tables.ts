import { Table, type TableDeclaration } from "./table.ts";
import { allocations } from "./tables/allocations.ts";
import { evaluations } from "./tables/evaluations.ts";
import { jobSummaries } from "./tables/job-summaries.ts";
import { jobs } from "./tables/jobs.ts";
import { nodes } from "./tables/nodes.ts";
import { periodicLaunches } from "./tables/periodic-launches.ts";
import type { RowOf, TableName } from "./view.ts";

/** The list of all tables: what is known about the cluster. */
const declarations = { nodes, jobs, jobSummaries, periodicLaunches, evaluations, allocations };

/** In the order in which a state is told. */
export const tableNames = Object.keys(declarations) as readonly TableName[];

/** All tables of one state. */
export type TableSet = {
  readonly [Name in TableName]: (typeof declarations)[Name] extends TableDeclaration<infer Row, infer Index>
    ? Table<Row, Index>
    : never;
};

/** The tables of a cluster of which nothing is known yet. */
export function emptyTables(): TableSet {
  return {
    nodes: new Table(nodes),
    jobs: new Table(jobs),
    jobSummaries: new Table(jobSummaries),
    periodicLaunches: new Table(periodicLaunches),
    evaluations: new Table(evaluations),
    allocations: new Table(allocations),
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
  };
}

/** One table by a name that is known only at run time: its rows by the name's type, its indexes by their names. */
export function tableOf<Name extends TableName>(tables: TableSet, name: Name): Table<RowOf<Name>, string> {
  return tables[name] as unknown as Table<RowOf<Name>, string>;
}

/** By which values a row can be listed. */
export function indexValues<Name extends TableName>(name: Name, row: RowOf<Name>): [index: string, value: string][] {
  const { indexes } = declarations[name] as unknown as TableDeclaration<RowOf<Name>, string>;
  return Object.entries(indexes).flatMap(([index, indexed]) => {
    const value = indexed(row);
    return value === undefined ? [] : [[index, value]];
  });
}
