import type { Allocation, LogIndex, Usage } from "../model/index.ts";
import type { Table } from "./table.ts";
import type { ReadSet, RowOf, TableName, TableView } from "./view.ts";

/** A table that writes down what is looked at. What is not there is looked at too: it may come. */
export class NotingTable<Name extends TableName> implements TableView<RowOf<Name>, Record<string, string>, string> {
  readonly #name: Name;
  readonly #table: Table<RowOf<Name>, string, string>;
  readonly #reads: ReadSet;

  constructor(name: Name, table: Table<RowOf<Name>, string, string>, reads: ReadSet) {
    this.#name = name;
    this.#table = table;
    this.#reads = reads;
  }

  get size(): number {
    this.#reads.noteTable(this.#name);
    return this.#table.size;
  }

  get lastIndex(): LogIndex {
    return this.#table.lastIndex;
  }

  get contents(): object {
    this.#reads.noteTable(this.#name);
    return this.#table.contents;
  }

  get(key: string): RowOf<Name> | undefined {
    this.#reads.noteKey(this.#name, key);
    return this.#table.get(key);
  }

  all(): IterableIterator<RowOf<Name>> {
    this.#reads.noteTable(this.#name);
    return this.#table.all();
  }

  withPrefix(prefix: string): IterableIterator<RowOf<Name>> {
    this.#reads.notePrefix(this.#name, prefix);
    return this.#table.withPrefix(prefix);
  }

  by(index: string, value: string): IterableIterator<RowOf<Name>> {
    this.#reads.noteIndex(this.#name, index, value);
    return this.#table.by(index, value);
  }

  hasAny(index: string, value: string): boolean {
    this.#reads.noteIndex(this.#name, index, value);
    return this.#table.hasAny(index, value);
  }

  /** What nodes are asked about is noted by the index that has their rows. */
  takenOf(node: string): Usage {
    this.#reads.noteIndex(this.#name, "node", node);
    return this.#table.takenOf(node);
  }

  awaitAssigned(node: string): void {
    this.#reads.noteIndex(this.#name, "assignments", node);
  }

  assignedTo(node: string): readonly Allocation[] {
    this.awaitAssigned(node);
    return this.#table.assignedTo(node) as readonly Allocation[];
  }
}
