import type { LogIndex } from "../model/index.ts";
import { NotingView } from "./noting-view.ts";
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

  constructor(index: LogIndex, tables: TableSet, times: TimeTable) {
    this.index = index;
    this.#tables = tables;
    this.times = times;
    this.nodes = tables.nodes;
    this.jobs = tables.jobs;
    this.jobSummaries = tables.jobSummaries;
    this.periodicLaunches = tables.periodicLaunches;
    this.evaluations = tables.evaluations;
    this.allocations = tables.allocations;
    this.schedulerConfigurations = tables.schedulerConfigurations;
  }

  assuming(change: (write: Transaction) => void, at = this.index + 1): StateView {
    const tables = cloneTables(this.#tables);
    change(new TableWrites(tables, at));
    return new StateAt(at, tables, this.times);
  }

  noting(reads: ReadSet): StateView {
    return new NotingView(this.index, this.#tables, this.times, reads);
  }

  indexAt(instant: number): LogIndex {
    return this.times.indexAt(instant);
  }
}
