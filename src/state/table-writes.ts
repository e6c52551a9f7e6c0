import type { LogIndex } from "../model/index.ts";
import { type TableSet, tableOf } from "./tables.ts";
import type { Change, RowOf, TableName, Tables, Transaction } from "./view.ts";

/** A change in the making. */
interface Touched {
  readonly table: TableName;
  readonly key: string;
  readonly before: unknown;
  after: unknown;
}

/** A transaction that writes to a set of tables at once and remembers what it changed. */
export class TableWrites implements Transaction {
  readonly index: LogIndex;
  readonly nodes: Tables["nodes"];
  readonly jobs: Tables["jobs"];
  readonly jobSummaries: Tables["jobSummaries"];
  readonly periodicLaunches: Tables["periodicLaunches"];
  readonly evaluations: Tables["evaluations"];
  readonly allocations: Tables["allocations"];
  readonly schedulerConfigurations: Tables["schedulerConfigurations"];
  readonly #tables: TableSet;
  /** In the order of the first touch. */
  readonly #changes: Touched[] = [];
  readonly #touched = new Map<TableName, Map<string, Touched>>();

  /** `reads` is what the transaction reads by: the tables themselves, unless someone wants to know what was read. */
  constructor(tables: TableSet, index: LogIndex, reads: Tables = tables) {
    this.#tables = tables;
    this.index = index;
    this.nodes = reads.nodes;
    this.jobs = reads.jobs;
    this.jobSummaries = reads.jobSummaries;
    this.periodicLaunches = reads.periodicLaunches;
    this.evaluations = reads.evaluations;
    this.allocations = reads.allocations;
    this.schedulerConfigurations = reads.schedulerConfigurations;
  }

  put<Name extends TableName>(name: Name, row: RowOf<Name>): void {
    const table = tableOf(this.#tables, name);
    const before = table.put(row, this.index);
    this.#note(name, table.declaration.key(row), before, row);
  }

  delete(name: TableName, key: string): void {
    const before = tableOf(this.#tables, name).delete(key, this.index);
    if (before !== undefined) this.#note(name, key, before, undefined);
  }

  /** What became of each row that was touched, in the order of the first touch: one change a row. */
  changes(): readonly Change[] {
    return this.#changes.filter(({ before, after }) => before !== after) as readonly Change[];
  }

  #note<Name extends TableName>(
    table: Name,
    key: string,
    before: RowOf<Name> | undefined,
    after: RowOf<Name> | undefined,
  ): void {
    const rows = this.#touchedIn(table);
    const earlier = rows.get(key);
    if (earlier !== undefined) {
      earlier.after = after;
      return;
    }
    const touched = { table, key, before, after };
    rows.set(key, touched);
    this.#changes.push(touched);
  }

  #touchedIn(table: TableName): Map<string, Touched> {
    const known = this.#touched.get(table);
    if (known !== undefined) return known;
    const begun = new Map<string, Touched>();
    this.#touched.set(table, begun);
    return begun;
  }
}
