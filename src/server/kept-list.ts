/** What a list is made of: all rows of a table. */
interface Source {
  readonly contents: object;
}

/**
 * A list of whole tables as it was made last, for as long as they stay as they are and the memory is not needed: those
 * who look again and again, as pages and dashboards do, are told the same list. So what is told is not to be changed.
 */
export class KeptList<Listed> {
  #of: readonly object[] = [];
  /** Held as long as the collector of garbage lets it be. */
  #list: WeakRef<Listed[]> | undefined;

  of(tables: readonly Source[], make: () => Listed[]): Listed[] {
    const contents = tables.map((table) => table.contents);
    const isSame = contents.length === this.#of.length && contents.every((each, at) => each === this.#of[at]);
    const kept = isSame ? this.#list?.deref() : undefined;
    if (kept !== undefined) return kept;
    const list = make();
    this.#of = contents;
    this.#list = new WeakRef(list);
    return list;
  }
}
