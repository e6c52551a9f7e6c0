import type { LogIndex } from "../model/index.ts";
import { notingTables } from "./noting-table.ts";
import { TableWrites } from "./table-writes.ts";
import { cloneTables, type TableSet } from "./tables.ts";
import type { TimeTable } from "./time-table.ts";
import type { ReadSet, StateView, Tables, Transaction } from "./view.ts";

/** The state at one index. Nobody writes to the tables it holds. */
export class StateAt implements StateView {
  readonly index: LogIndex;
  readonly times: TimeTable;
  readonly nodes: Tables["nodes"];
  readonly jobs: Tables["jobs"];
  readonly jobSummaries: Tables["jobSummaries"];
  readonly periodicLaunches: Tables["periodicLaunches"];
  readonly evaluations: Tables["evaluations"];
  readonly allocations: Tables["allocations"];
  readonly schedulerConfigurations: Tables["schedulerConfigurations"];
  readonly #tables: TableSet;
  readonly #reads: ReadSet | undefined;

  constructor(index: LogIndex, tables: TableSet, times: TimeTable, reads?: ReadSet) {
    this.index = index;
    this.#tables = tables;
    this.times = times;
    this.#reads = reads;
    const shown = readable(tables, reads);
    this.nodes = shown.nodes;
    this.jobs = shown.jobs;
    this.jobSummaries = shown.jobSummaries;
    this.periodicLaunches = shown.periodicLaunches;
    this.evaluations = shown.evaluations;
    this.allocations = shown.allocations;
    this.schedulerConfigurations = shown.schedulerConfigurations;
  }

  assuming(change: (write: Transaction) => void, at = this.index + 1): StateView {
    const tables = cloneTables(this.#tables);
    change(new TableWrites(tables, at, readable(tables, this.#reads)));
    return new StateAt(at, tables, this.times, this.#reads);
  }

  noting(reads: ReadSet): StateView {
    return new StateAt(this.index, this.#tables, this.times, reads);
  }

  indexAt(instant: number): LogIndex {
    return this.times.indexAt(instant);
  }
}

function readable(tables: TableSet, reads: ReadSet | undefined): Tables {
  return reads === undefined ? tables : notingTables(tables, reads);
}
