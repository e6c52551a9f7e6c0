import { type SlotMap, type SlotNames, SlotTree } from "../base/index.ts";

/** By which value rows are listed; undefined for a row that cannot be found so. */
export type Indexed<Row> = (row: Row) => string | undefined;

/** The slots of rows by a value that these have, then by their keys. */
export class TableIndex<Row> {
  readonly name: string;
  readonly indexed: Indexed<Row>;
  readonly #slots: SlotTree;

  /** `rows` are those of the slots; who changes them tells the index, see `remove` and `insert`. */
  constructor(name: string, indexed: Indexed<Row>, slots: SlotTree) {
    this.name = name;
    this.indexed = indexed;
    this.#slots = slots;
  }

  static empty<Row>(name: string, indexed: Indexed<Row>, rows: SlotMap<Row>): TableIndex<Row> {
    return new TableIndex(name, indexed, new SlotTree(new IndexedNames(rows, indexed)));
  }

  clone(rows: SlotMap<Row>): TableIndex<Row> {
    return new TableIndex(this.name, this.indexed, this.#slots.clone(new IndexedNames(rows, this.indexed)));
  }

  get size(): number {
    return this.#slots.size;
  }

  /** -1 if there is none. */
  find(value: string, key: string): number {
    return this.#slots.find(value, key);
  }

  hasAny(value: string): boolean {
    return this.#slots.hasAny(value);
  }

  /** From a key on, as they are now. `rows` are these rows, which nobody changes for as long as slots are asked for. */
  slotsBy(value: string, from: string, rows: SlotMap<Row>): Iterable<number> {
    return this.#slots.slotsOf(value, from, new IndexedNames(rows, this.indexed));
  }

  /** The rows by a value, as a list. */
  rowsBy(value: string, rows: SlotMap<Row>): readonly Row[] {
    const found: Row[] = [];
    for (const slot of this.#slots.slotsNear(value)) {
      const row = rows.get(slot);
      if (this.indexed(row) === value) found.push(row);
    }
    return found;
  }

  /** The row is in its slot. */
  insert(row: Row, key: string, slot: number): void {
    const value = this.indexed(row);
    if (value !== undefined) this.#slots.insert(value, key, slot);
  }

  /** The row is in its slot still. */
  remove(row: Row, key: string): void {
    const value = this.indexed(row);
    if (value !== undefined) this.#slots.remove(value, key);
  }
}

class IndexedNames<Row> implements SlotNames {
  readonly #rows: SlotMap<Row>;
  readonly #indexed: Indexed<Row>;

  constructor(rows: SlotMap<Row>, indexed: Indexed<Row>) {
    this.#rows = rows;
    this.#indexed = indexed;
  }

  groupAt(slot: number): string {
    return this.#indexed(this.#rows.get(slot)) ?? "";
  }

  keyAt(slot: number): string {
    return this.#rows.keyAt(slot);
  }
}
