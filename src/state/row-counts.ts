import { GroupedTree } from "../base/index.ts";
import type { Indexed } from "./table-index.ts";

/**
 * How many rows there are by a value of theirs, kept as they come and go: for where it is only asked whether there are any, at
 * a fraction of what an index takes. Clones as the trees of a table do.
 */
export class RowCounts<Row> {
  readonly name: string;
  readonly #indexed: Indexed<Row>;
  readonly #counts: GroupedTree<number>;

  constructor(name: string, indexed: Indexed<Row>, counts = new GroupedTree<number>()) {
    this.name = name;
    this.#indexed = indexed;
    this.#counts = counts;
  }

  hasAny(value: string): boolean {
    return this.#counts.get(value, "") !== undefined;
  }

  /** A row came, went, or is another. */
  change(before: Row | undefined, after: Row | undefined): void {
    const from = before === undefined ? undefined : this.#indexed(before);
    const to = after === undefined ? undefined : this.#indexed(after);
    if (from === to) return;
    if (from !== undefined) this.#add(from, -1);
    if (to !== undefined) this.#add(to, 1);
  }

  clone(): RowCounts<Row> {
    return new RowCounts(this.name, this.#indexed, this.#counts.clone());
  }

  #add(value: string, more: 1 | -1): void {
    this.#counts.update(value, "", (count = 0) => (count + more === 0 ? undefined : count + more));
  }
}
