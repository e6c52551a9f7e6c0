import {
  type Allocation,
  isTerminalAllocation,
  type LogIndex,
  type Usage,
  usageLess,
  usageMore,
  usageOf,
} from "../model/index.ts";
import { type AllocationsView, allocationIndexes } from "../state/index.ts";

type Index = keyof typeof allocationIndexes;

const nothing: Usage = { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };

/**
 * The allocations of a view, and others that are assumed to be there, also in place of those that are. They are kept beside
 * the table: to write into a copy of it would cost some ten times as much, and hundreds of plans a second are assumed.
 */
export class AssumedAllocations implements AllocationsView {
  readonly lastIndex: LogIndex;
  readonly #base: AllocationsView;
  readonly #rows = new Map<string, Allocation>();
  readonly #listed: { readonly [Name in Index]: Map<string, Set<string>> } = {
    node: new Map(),
    job: new Map(),
    evaluation: new Map(),
  };
  /** What nodes are assumed to run beyond what they do. */
  readonly #more = new Map<string, Usage>();
  /** How many rows there are beyond those of the base. */
  #added = 0;
  #contents: object | undefined;

  constructor(base: AllocationsView, lastIndex: LogIndex) {
    this.#base = base;
    this.lastIndex = lastIndex;
  }

  put(row: Allocation): void {
    const key = row.ID.toLowerCase();
    const before = this.get(key);
    if (before === undefined) this.#added++;
    else this.#takeOut(key, before);
    this.#rows.set(key, row);
    for (const name of Object.keys(allocationIndexes) as Index[])
      addTo(this.#listed[name], allocationIndexes[name](row), key);
    this.#addUp(row, usageMore);
    this.#contents = undefined;
  }

  /** The rows that are assumed. */
  assumed(): Iterable<Allocation> {
    return this.#rows.values();
  }

  get size(): number {
    return this.#base.size + this.#added;
  }

  get contents(): object {
    this.#contents ??= {};
    return this.#contents;
  }

  get(key: string): Allocation | undefined {
    return this.#rows.get(key) ?? this.#base.get(key);
  }

  all(): IterableIterator<Allocation> {
    return this.#together(this.#base.all(), this.#rows.keys());
  }

  withPrefix(prefix: string): IterableIterator<Allocation> {
    const own = this.#rows.keys().filter((key) => key.startsWith(prefix));
    return this.#together(this.#base.withPrefix(prefix), own);
  }

  by(index: Index, value: string): IterableIterator<Allocation> {
    return this.#together(this.#base.by(index, value), this.#listed[index].get(value) ?? []);
  }

  hasAny(index: Index | "activeJob", value: string): boolean {
    if (index === "activeJob") return [...this.by("job", value)].some((row) => !isTerminalAllocation(row));
    return this.by(index, value).next().done !== true;
  }

  assignedTo(node: string): readonly Allocation[] {
    return [...this.by("node", node)];
  }

  awaitAssigned(node: string): void {
    this.#base.awaitAssigned(node);
  }

  takenOf(node: string): Usage {
    const taken = this.#base.takenOf(node);
    const more = this.#more.get(node);
    return more === undefined ? taken : usageMore(taken, more);
  }

  /** In the order of their keys. */
  #together(base: IterableIterator<Allocation>, keys: Iterable<string>): IterableIterator<Allocation> {
    if (this.#rows.size === 0) return base;
    const own = [...keys].map((key) => this.#rows.get(key) as Allocation);
    const others = [...base].filter(({ ID }) => !this.#rows.has(ID.toLowerCase()));
    const rows = [...others, ...own];
    if (own.length > 0) rows.sort(byKey);
    return rows.values();
  }

  #takeOut(key: string, before: Allocation): void {
    for (const name of Object.keys(allocationIndexes) as Index[])
      this.#listed[name].get(allocationIndexes[name](before))?.delete(key);
    this.#addUp(before, usageLess);
  }

  #addUp(row: Allocation, sum: typeof usageMore): void {
    if (isTerminalAllocation(row)) return;
    const node = allocationIndexes.node(row);
    this.#more.set(node, sum(this.#more.get(node) ?? nothing, usageOf(row)));
  }
}

function addTo(listed: Map<string, Set<string>>, value: string, key: string): void {
  const keys = listed.get(value);
  if (keys === undefined) listed.set(value, new Set([key]));
  else keys.add(key);
}

function byKey(a: Allocation, b: Allocation): number {
  const [keyA, keyB] = [a.ID.toLowerCase(), b.ID.toLowerCase()];
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}
