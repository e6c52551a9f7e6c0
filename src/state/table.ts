import sortedBTree from "sorted-btree";
import type { LogIndex } from "../model/index.ts";
import type { TableView } from "./view.ts";

const BTree = sortedBTree.default;

/** What a table is: how a row is found by its key, and by which values its rows can be listed. */
export interface TableDeclaration<Row, Index extends string = never> {
  readonly key: (row: Row) => string;
  /** A row with no value for an index cannot be found by it. */
  readonly indexes: { readonly [Name in Index]: (row: Row) => string | undefined };
}

/** A row's place in a secondary index: by the index's value, then by the primary key. */
interface IndexKey {
  readonly value: string;
  readonly key: string;
}

/**
 * Rows and their indexes in copy-on-write B+trees: a clone costs the same however large the table is, and neither
 * the clone nor the original sees what is later written to the other. An iteration goes over the rows as they
 * were when it began, whatever is written meanwhile.
 */
export class Table<Row, Index extends string = never> implements TableView<Row, Record<Index, string>> {
  readonly declaration: TableDeclaration<Row, Index>;
  readonly #rows: sortedBTree.default<string, Row>;
  readonly #indexes: ReadonlyMap<Index, sortedBTree.default<IndexKey, Row>>;
  #lastIndex: LogIndex;
  #contents: object;

  constructor(
    declaration: TableDeclaration<Row, Index>,
    rows = new BTree<string, Row>(undefined, compareText),
    indexes = emptyIndexes<Row, Index>(declaration),
    lastIndex: LogIndex = 0,
    contents: object = {},
  ) {
    this.declaration = declaration;
    this.#rows = rows;
    this.#indexes = indexes;
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
    return this.#contents;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  all(): IterableIterator<Row> {
    return this.#rows.clone().values();
  }

  *withPrefix(prefix: string): IterableIterator<Row> {
    for (const [key, row] of this.#rows.clone().entries(prefix)) {
      if (!key.startsWith(prefix)) return;
      yield row;
    }
  }

  *by(index: Index, value: string): IterableIterator<Row> {
    const tree = this.#indexes.get(index);
    if (tree === undefined) return;
    for (const [at, row] of tree.clone().entries({ value, key: "" })) {
      if (at.value !== value) return;
      yield row;
    }
  }

  hasAny(index: Index, value: string): boolean {
    const found = this.#indexes.get(index)?.nextHigherKey({ value, key: "" });
    return found !== undefined && found.value === value;
  }

  /** Stores a row under its key and returns the row that was there before. */
  put(row: Row, at: LogIndex): Row | undefined {
    const key = this.declaration.key(row);
    const before = this.#rows.get(key);
    this.#rows.set(key, row);
    for (const [name, tree] of this.#indexes) {
      const indexed = this.declaration.indexes[name];
      const value = indexed(row);
      const old = before === undefined ? undefined : indexed(before);
      if (old !== undefined && old !== value) tree.delete({ value: old, key });
      if (value !== undefined) tree.set({ value, key }, row);
    }
    this.#lastIndex = at;
    this.#contents = {};
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
    const before = this.#rows.get(key);
    if (before === undefined) return undefined;
    this.#rows.delete(key);
    for (const [name, tree] of this.#indexes) {
      const value = this.declaration.indexes[name](before);
      if (value !== undefined) tree.delete({ value, key });
    }
    this.#lastIndex = at;
    this.#contents = {};
    return before;
  }

  clone(): Table<Row, Index> {
    const indexes = new Map([...this.#indexes].map(([name, tree]) => [name, tree.clone()] as const));
    return new Table(this.declaration, this.#rows.clone(), indexes, this.#lastIndex, this.#contents);
  }
}

function emptyIndexes<Row, Index extends string>(
  declaration: TableDeclaration<Row, Index>,
): ReadonlyMap<Index, sortedBTree.default<IndexKey, Row>> {
  const names = Object.keys(declaration.indexes) as Index[];
  return new Map(names.map((name) => [name, new BTree<IndexKey, Row>(undefined, compareIndexKeys)] as const));
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function compareIndexKeys(a: IndexKey, b: IndexKey): number {
  return compareText(a.value, b.value) || compareText(a.key, b.key);
}
