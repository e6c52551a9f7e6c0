import { assert, SlotMap } from "../base/index.ts";
import type { LogIndex, Usage } from "../model/index.ts";
import { RowCounts } from "./row-counts.ts";
import { nothingTaken, RunningSum } from "./running-sum.ts";
import { type Indexed, TableIndex } from "./table-index.ts";
import type { TableView } from "./view.ts";

/** What a table is: how a row is found by its key, and by which values its rows can be listed. */
export interface TableDeclaration<Row, Index extends string = never, Counted extends string = never> {
  readonly key: (row: Row) => string;
  /** A row with no value for an index cannot be found by it. */
  readonly indexes: { readonly [Name in Index]: Indexed<Row> };
  /** By which values it can only be asked whether there are any rows, which costs far less. */
  readonly counted?: { readonly [Name in Counted]: Indexed<Row> };
  /** What else can be waited for, by its name: rows by an index, but not all their changes. */
  readonly news?: Readonly<Record<string, NewsDeclaration<Row, Index>>>;
  /** What is added up of the rows, if anything is. */
  readonly sum?: SumDeclaration<Row>;
}

/** Whoever waits for rows by the index is not woken by a row that has become another one of which `isOld` holds. */
export interface NewsDeclaration<Row, Index extends string> {
  readonly index: Index;
  readonly isOld: (before: Row, after: Row) => boolean;
}

/** `taken` by a row counts for whatever it is `by`; a row of which nothing is taken does not count. */
export interface SumDeclaration<Row> {
  readonly by: (row: Row) => string;
  readonly taken: (row: Row) => Usage | undefined;
}

/** What a table holds, and what it knows of it. */
interface Contents<Row> {
  readonly rows: SlotMap<Row>;
  /** All rows by one value. */
  readonly byKey: TableIndex<Row>;
  readonly indexes: readonly TableIndex<Row>[];
  readonly counts: readonly RowCounts<Row>[];
  readonly sum: RunningSum | undefined;
  /** Stands for the rows. */
  readonly token: object | undefined;
}

const rowsGroup = "";

/** A key that was looked for, and the slot of its row, or -1. */
interface Sought {
  readonly key: string | undefined;
  readonly slot: number;
}

const nothingSought: Sought = { key: undefined, slot: -1 };

/**
 * Rows and their indexes in copy-on-write trees: a clone costs the same however large the table is, and neither
 * the clone nor the original sees what is later written to the other. An iteration goes over the rows as they
 * were when it began, whatever is written meanwhile.
 *
 * Each row has a slot, and the indexes hold slots: a row that changes is written to one place, and an index is
 * touched only if the row has another value for it.
 */
export class Table<Row, Index extends string = never, Counted extends string = never>
  implements TableView<Row, Record<Index, string>, Counted>
{
  readonly declaration: TableDeclaration<Row, Index, Counted>;
  readonly #rows: SlotMap<Row>;
  readonly #byKey: TableIndex<Row>;
  readonly #indexes: readonly TableIndex<Row>[];
  readonly #counts: readonly RowCounts<Row>[];
  readonly #sum: RunningSum | undefined;
  /** What was looked for last: what is written is looked at before. */
  #sought = nothingSought;
  #lastIndex: LogIndex;
  /** Made when it is asked for, after a write. */
  #token: object | undefined;

  constructor(
    declaration: TableDeclaration<Row, Index, Counted>,
    lastIndex: LogIndex = 0,
    { rows, byKey, indexes, counts, sum, token }: Contents<Row> = nothingOf(declaration),
  ) {
    this.declaration = declaration;
    this.#rows = rows;
    this.#byKey = byKey;
    this.#indexes = indexes;
    this.#counts = counts;
    this.#sum = sum;
    this.#lastIndex = lastIndex;
    this.#token = token;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  get contents(): object {
    this.#token ??= {};
    return this.#token;
  }

  get(key: string): Row | undefined {
    const slot = this.#slotOf(key);
    return slot < 0 ? undefined : this.#rows.get(slot);
  }

  all(): IterableIterator<Row> {
    return this.#listed(this.#byKey, rowsGroup);
  }

  *withPrefix(prefix: string): IterableIterator<Row> {
    for (const row of this.#listed(this.#byKey, rowsGroup, prefix)) {
      if (!this.declaration.key(row).startsWith(prefix)) return;
      yield row;
    }
  }

  by(index: Index, value: string): IterableIterator<Row> {
    return this.#listed(named(this.#indexes, index), value);
  }

  hasAny(index: Index | Counted, value: string): boolean {
    const counts = this.#counts.find(({ name }) => name === index);
    return counts === undefined ? named(this.#indexes, index).hasAny(value) : counts.hasAny(value);
  }

  awaitAssigned(_node: string): void {}

  assignedTo(node: string): readonly Row[] {
    return named(this.#indexes, "node").rowsBy(node, this.#rows);
  }

  takenOf(value: string): Usage {
    return this.#sum === undefined ? nothingTaken : this.#sum.of(value);
  }

  /** Stores a row under its key and returns the row that was there before. */
  put(row: Row, at: LogIndex): Row | undefined {
    const key = this.declaration.key(row);
    const slot = this.#slotOf(key);
    const before = slot < 0 ? undefined : this.#rows.get(slot);
    if (before === undefined) this.#add(row, key);
    else this.#replace(before, row, slot);
    for (const counts of this.#counts) counts.change(before, row);
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
    const slot = this.#slotOf(key);
    if (slot < 0) return undefined;
    const before = this.#rows.get(slot);
    this.#sought = nothingSought;
    this.#byKey.remove(before, key);
    for (const index of this.#indexes) index.remove(before, key);
    this.#rows.remove(slot);
    for (const counts of this.#counts) counts.change(before, undefined);
    this.#addUp(before, undefined);
    this.#written(at);
    return before;
  }

  clone(): Table<Row, Index, Counted> {
    const rows = this.#rows.clone();
    return new Table(this.declaration, this.#lastIndex, {
      rows,
      byKey: this.#byKey.clone(rows),
      indexes: this.#indexes.map((index) => index.clone(rows)),
      counts: this.#counts.map((counts) => counts.clone()),
      sum: this.#sum?.clone(),
      token: this.contents,
    });
  }

  #slotOf(key: string): number {
    if (key !== this.#sought.key) this.#sought = { key, slot: this.#byKey.find(rowsGroup, key) };
    return this.#sought.slot;
  }

  #listed(index: TableIndex<Row>, value: string, from = ""): IterableIterator<Row> {
    const rows = this.#rows.clone();
    return rowsAt(index.slotsBy(value, from, rows), rows);
  }

  #add(row: Row, key: string): void {
    const slot = this.#rows.add(key, row);
    this.#sought = { key, slot };
    this.#byKey.insert(row, key, slot);
    for (const index of this.#indexes) index.insert(row, key, slot);
  }

  /** Where a row stands in an index follows from the row in its slot: it is removed before, and inserted after. */
  #replace(before: Row, row: Row, slot: number): void {
    const moving = this.#indexesThatDiffer(before, row);
    const key = this.#rows.keyAt(slot);
    for (const index of moving) index.remove(before, key);
    this.#rows.set(slot, row);
    for (const index of moving) index.insert(row, key, slot);
  }

  /** Most rows that change stay where they are listed: for those no list is made. */
  #indexesThatDiffer(before: Row, row: Row): readonly TableIndex<Row>[] {
    const differs = ({ indexed }: TableIndex<Row>) => indexed(before) !== indexed(row);
    return this.#indexes.some(differs) ? this.#indexes.filter(differs) : [];
  }

  #addUp(before: Row | undefined, after: Row | undefined): void {
    const { sum } = this.declaration;
    if (sum === undefined || this.#sum === undefined) return;
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
    this.#token = undefined;
  }
}

function nothingOf<Row>(declaration: TableDeclaration<Row, string, string>): Contents<Row> {
  const rows = new SlotMap<Row>();
  const empty = ([name, indexed]: [string, Indexed<Row>]) => TableIndex.empty(name, indexed, rows);
  return {
    rows,
    byKey: empty(["key", () => rowsGroup]),
    indexes: Object.entries(declaration.indexes).map(empty),
    counts: Object.entries(declaration.counted ?? {}).map(([name, indexed]) => new RowCounts(name, indexed)),
    sum: declaration.sum === undefined ? undefined : new RunningSum(),
    token: undefined,
  };
}

function named<Row>(indexes: readonly TableIndex<Row>[], asked: string): TableIndex<Row> {
  const found = indexes.find(({ name }) => name === asked);
  assert(found !== undefined, `a table has the index "${asked}" that it is asked for`);
  return found;
}

function* rowsAt<Row>(slots: Iterable<number>, rows: SlotMap<Row>): Generator<Row, void> {
  for (const slot of slots) yield rows.get(slot);
}
