import type { LogIndex } from "../model/index.ts";
import { NotingTable } from "./noting-table.ts";
import { TableWrites } from "./table-writes.ts";
import { cloneTables, type TableSet, tableOf } from "./tables.ts";
import type { TimeTable } from "./time-table.ts";
import type { ReadSet, StateView, TableName, Tables, Transaction } from "./view.ts";

/**
 * The state at one index, noting in `reads` everything that is looked at, also in what is assumed of it. A table is made when it
 * is asked for: thousands of questions a second take such a view, and look at one.
 */
export class NotingView implements StateView {
  readonly index: LogIndex;
  readonly times: TimeTable;
  readonly #tables: TableSet;
  readonly #reads: ReadSet;

  constructor(index: LogIndex, tables: TableSet, times: TimeTable, reads: ReadSet) {
    this.index = index;
    this.times = times;
    this.#tables = tables;
    this.#reads = reads;
  }

  get nodes(): Tables["nodes"] {
    return this.#noting("nodes");
  }

  get jobs(): Tables["jobs"] {
    return this.#noting("jobs");
  }

  get jobSummaries(): Tables["jobSummaries"] {
    return this.#noting("jobSummaries");
  }

  get periodicLaunches(): Tables["periodicLaunches"] {
    return this.#noting("periodicLaunches");
  }

  get evaluations(): Tables["evaluations"] {
    return this.#noting("evaluations");
  }

  get allocations(): Tables["allocations"] {
    return this.#noting("allocations");
  }

  get schedulerConfigurations(): Tables["schedulerConfigurations"] {
    return this.#noting("schedulerConfigurations");
  }

  assuming(change: (write: Transaction) => void, at = this.index + 1): StateView {
    const assumed = new NotingView(at, cloneTables(this.#tables), this.times, this.#reads);
    change(new TableWrites(assumed.#tables, at, assumed));
    return assumed;
  }

  noting(reads: ReadSet): StateView {
    return new NotingView(this.index, this.#tables, this.times, reads);
  }

  indexAt(instant: number): LogIndex {
    return this.times.indexAt(instant);
  }

  #noting<Name extends TableName>(name: Name): NotingTable<Name> {
    return new NotingTable(name, tableOf(this.#tables, name), this.#reads);
  }
}
