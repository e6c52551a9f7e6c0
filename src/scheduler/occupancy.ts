import {
  type Allocation,
  type AllocationID,
  isTerminalAllocation,
  type Usage,
  usageLess,
  usageMore,
  usageOf,
} from "../model/index.ts";

/** What a node runs before a plan changes anything. */
export interface Present {
  /** What all take together. */
  readonly taken: Usage;
  /** Those of the job that is scheduled; what is over may be among them. */
  readonly siblings: readonly Allocation[];
  /** All of them, what is over too. They are gathered when they are asked for: a node may run hundreds, and most searches need no more than sums. */
  readonly all: () => Iterable<Allocation>;
}

/** What a node would run, as a plan grows. What is over takes no part in it. */
export class Occupancy {
  readonly #present: Present;
  #taken: Usage;
  #siblingCount = 0;
  // Most nodes that are looked at have nothing of the job, and nothing happens to them: what is for others is made when it is needed.
  /** How many of the job's each group has. */
  #siblings: Map<string, number> | undefined;
  #placed: Allocation[] | undefined;
  #gone: Set<AllocationID> | undefined;
  #allocations: readonly Allocation[] | undefined;
  /** What was last worked out from it, and for what. */
  #known: { readonly by: object; readonly value: unknown } | undefined;

  constructor(present: Present) {
    this.#present = present;
    this.#taken = present.taken;
    for (const sibling of present.siblings) this.#countSibling(sibling, 1);
  }

  /** What all take together. */
  get taken(): Usage {
    return this.#taken;
  }

  /** How many are of the job that is scheduled; with a `group`, of this group of it. */
  siblings(group?: string): number {
    return group === undefined ? this.#siblingCount : (this.#siblings?.get(group) ?? 0);
  }

  get allocations(): readonly Allocation[] {
    this.#allocations ??= this.#gathered();
    return this.#allocations;
  }

  /** What `work` gave for `by`, unless something has come or gone since, or something else was asked: the node itself stays the same. */
  known<Value>(by: object, work: () => Value): Value {
    if (this.#known?.by !== by) this.#known = { by, value: work() };
    return this.#known.value as Value;
  }

  /** One of the job comes. */
  place(allocation: Allocation): void {
    this.#forget();
    this.#placed ??= [];
    this.#placed.push(allocation);
    if (!isTerminalAllocation(allocation)) this.#taken = usageMore(this.#taken, usageOf(allocation));
    this.#countSibling(allocation, 1);
  }

  /** One that was there before the plan goes. */
  remove(allocation: Allocation, isSibling: boolean): void {
    this.#gone ??= new Set();
    if (this.#gone.has(allocation.ID)) return;
    this.#forget();
    this.#gone.add(allocation.ID);
    if (!isTerminalAllocation(allocation)) this.#taken = usageLess(this.#taken, usageOf(allocation));
    if (isSibling) this.#countSibling(allocation, -1);
  }

  /** The same but for some that were there before the plan; what happens to either later is not seen by the other. */
  without(some: Iterable<Allocation>, areSiblings: boolean): Occupancy {
    const other = new Occupancy({ ...this.#present, taken: this.#taken, siblings: [] });
    other.#siblingCount = this.#siblingCount;
    other.#siblings = this.#siblings && new Map(this.#siblings);
    other.#placed = this.#placed?.slice();
    other.#gone = this.#gone && new Set(this.#gone);
    for (const allocation of some) other.remove(allocation, areSiblings);
    return other;
  }

  #gathered(): readonly Allocation[] {
    const staying = [...this.#present.all()].filter(({ ID }) => this.#gone?.has(ID) !== true);
    return [...staying, ...(this.#placed ?? [])].filter((allocation) => !isTerminalAllocation(allocation));
  }

  #forget(): void {
    this.#allocations = undefined;
    this.#known = undefined;
  }

  #countSibling(allocation: Allocation, sign: 1 | -1): void {
    if (isTerminalAllocation(allocation)) return;
    this.#siblingCount += sign;
    this.#siblings ??= new Map();
    this.#siblings.set(allocation.TaskGroup, this.siblings(allocation.TaskGroup) + sign);
  }
}
