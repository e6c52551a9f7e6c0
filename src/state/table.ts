import { assert, GroupedTree } from "../base/index.ts";
import type { LogIndex, Usage } from "../model/index.ts";
import { RunningSum } from "./running-sum.ts";
import type { TableView } from "./view.ts";

/** What a table is: how a row is found by its key, and by which values its rows can be listed. */
export interface TableDeclaration<Row, Index extends string = never> {
  readonly key: (row: Row) => string;
  /** A row with no value for an index cannot be found by it. */
  readonly indexes: { readonly [Name in Index]: (row: Row) => string | undefined };
  /** What is added up of the rows, if anything is. */
  readonly sum?: SumDeclaration<Row>;
}

/** `taken` by a row counts for whatever it is `by`; a row of which nothing is taken does not count. */
export interface SumDeclaration<Row> {
  readonly by: (row: Row) => string;
  readonly taken: (row: Row) => Usage | undefined;
}

/** A secondary index: the rows by its value for them, then by the primary key. */
interface SecondaryIndex<Row> {
  readonly name: string;
  readonly indexed: (row: Row) => string | undefined;
  readonly tree: GroupedTree<Row>;
}

/** All rows are one group in the tree that finds them by their keys. */
const rowsGroup = "";

/**
 * Rows and their indexes in copy-on-write trees: a clone costs the same however large the table is, and neither
 * the clone nor the original sees what is later written to the other. An iteration goes over the rows as they
 * were when it began, whatever is written meanwhile.
 */
export class Table<Row, Index extends string = never> implements TableView<Row, Record<Index, string>> {
  readonly declaration: TableDeclaration<Row, Index>;
  readonly #rows: GroupedTree<Row>;
  readonly #indexes: readonly SecondaryIndex<Row>[];
  readonly #sum: RunningSum;
  #lastIndex: LogIndex;
  /** Made when it is asked for, after a write. */
  #contents: object | undefined;

  constructor(
    declaration: TableDeclaration<Row, Index>,
    rows = new GroupedTree<Row>(),
    indexes = emptyIndexes(declaration),
    lastIndex: LogIndex = 0,
    { sum = new RunningSum(), contents }: { readonly sum?: RunningSum; readonly contents?: object } = {},
  ) {
    this.declaration = declaration;
    this.#rows = rows;
    this.#indexes = indexes;
    this.#sum = sum;
    this.#lastIndex = lastIndex;
    this.#contents = contents;
  }

  get size(): number {
    return this.#rows.size;
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  get contents(): object {
    this.#contents ??= {};
    return this.#contents;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(rowsGroup, key);
  }

  all(): IterableIterator<Row> {
    return this.#rows.valuesOf(rowsGroup);
  }

  *withPrefix(prefix: string): IterableIterator<Row> {
    for (const row of this.#rows.valuesOf(rowsGroup, prefix)) {
      if (!this.declaration.key(row).startsWith(prefix)) return;
      yield row;
    }
  }

  by(index: Index, value: string): IterableIterator<Row> {
    return this.#tree(index).valuesOf(value);
  }

  hasAny(index: Index, value: string): boolean {
    return this.#tree(index).hasAny(value);
  }

  takenOf(value: string): Usage {
    return this.#sum.of(value);
  }

  /** Stores a row under its key and returns the row that was there before. */
  put(row: Row, at: LogIndex): Row | undefined {
    const key = this.declaration.key(row);
    const before = this.#rows.set(rowsGroup, key, row);
    for (const { indexed, tree } of this.#indexes) {
      const value = indexed(row);
      const old = before === undefined ? undefined : indexed(before);
      if (old !== undefined && old !== value) tree.delete(old, key);
      if (value !== undefined) tree.set(value, key, row);
    }
    this.#addUp(before, row);
    this.#written(at);
    return before;
  }

  /** Stores a row that was there at `lastIndex` already. */
  restore(row: Row): void {
    this.put(row, this.#lastIndex);
  }

  /** All rows count as written at `at`. */
  touch(at: LogIndex): void {
    this.#lastIndex = at;
  }

  /** Removes the row of a key and returns it; undefined if there was none, and then nothing changes. */
  delete(key: string, at: LogIndex): Row | undefined {
    const before = this.#rows.delete(rowsGroup, key);
    if (before === undefined) return undefined;
    for (const { indexed, tree } of this.#indexes) {
      const value = indexed(before);
      if (value !== undefined) tree.delete(value, key);
    }
    this.#addUp(before, undefined);
    this.#written(at);
    return before;
  }

  clone(): Table<Row, Index> {
    const indexes = this.#indexes.map(({ name, indexed, tree }) => ({ name, indexed, tree: tree.clone() }));
    const { contents } = this;
    return new Table(this.declaration, this.#rows.clone(), indexes, this.#lastIndex, {
      sum: this.#sum.clone(),
      contents,
    });
  }

  #tree(index: Index): GroupedTree<Row> {
    const found = this.#indexes.find(({ name }) => name === index);
    assert(found !== undefined, `a table has the index "${index}" that it is asked for`);
    return found.tree;
  }

  #addUp(before: Row | undefined, after: Row | undefined): void {
    const { sum } = this.declaration;
    if (sum === undefined) return;
    const freed = before === undefined ? undefined : sum.taken(before);
    const taken = after === undefined ? undefined : sum.taken(after);
    const from = before === undefined ? "" : sum.by(before);
    const to = after === undefined ? "" : sum.by(after);
    if (freed === taken && from === to) return;
    if (freed !== undefined) this.#sum.subtract(from, freed);
    if (taken !== undefined) this.#sum.add(to, taken);
  }

  #written(at: LogIndex): void {
    this.#lastIndex = at;
    this.#contents = undefined;
  }
}

function emptyIndexes<Row>(declaration: TableDeclaration<Row, string>): readonly SecondaryIndex<Row>[] {
  return Object.entries(declaration.indexes).map(([name, indexed]) => ({
    name,
    indexed,
    tree: new GroupedTree<Row>(),
  }));
}
