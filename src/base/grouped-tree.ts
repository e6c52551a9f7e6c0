import { SlotMap } from "./slot-map.ts";
import { type SlotNames, SlotTree } from "./slot-tree.ts";

interface Entry<Value> {
  readonly group: string;
  readonly value: Value;
}

/**
 * Values in groups, each found by its group and its key, and listed by group in the order of the keys. It is copied when it is
 * written to: a clone costs the same however large the tree is, and neither sees what is later written to the other.
 */
export class GroupedTree<Value> {
  readonly #entries: SlotMap<Entry<Value>>;
  readonly #tree: SlotTree;

  constructor(entries = new SlotMap<Entry<Value>>(), tree = new SlotTree(namesIn(entries))) {
    this.#entries = entries;
    this.#tree = tree;
  }

  get size(): number {
    return this.#tree.size;
  }

  get(group: string, key: string): Value | undefined {
    const slot = this.#tree.find(group, key);
    return slot < 0 ? undefined : this.#entries.get(slot).value;
  }

  hasAny(group: string): boolean {
    return this.#tree.hasAny(group);
  }

  /** The values of a group, from a key on, as they are now, whatever is written meanwhile. */
  valuesOf(group: string, from = ""): IterableIterator<Value> {
    const entries = this.#entries.clone();
    return valuesAt(this.#tree.slotsOf(group, from, namesIn(entries)), entries);
  }

  /** Returns the value that was there before. */
  set(group: string, key: string, value: Value): Value | undefined {
    let there: Value | undefined;
    this.update(group, key, (before) => {
      there = before;
      return value;
    });
    return there;
  }

  /** Puts another value in the place of the one that is there, undefined for none. */
  update(group: string, key: string, change: (before: Value | undefined) => Value | undefined): void {
    const slot = this.#tree.find(group, key);
    const before = slot < 0 ? undefined : this.#entries.get(slot).value;
    const value = change(before);
    if (value === undefined) this.delete(group, key);
    else if (slot < 0) this.#tree.insert(group, key, this.#entries.add(key, { group, value }));
    else this.#entries.set(slot, { group, value });
  }

  /** Returns the value that was there. */
  delete(group: string, key: string): Value | undefined {
    const slot = this.#tree.find(group, key);
    if (slot < 0) return undefined;
    const { value } = this.#entries.get(slot);
    this.#tree.remove(group, key);
    this.#entries.remove(slot);
    return value;
  }

  clone(): GroupedTree<Value> {
    const entries = this.#entries.clone();
    return new GroupedTree(entries, this.#tree.clone(namesIn(entries)));
  }
}

function namesIn(entries: SlotMap<Entry<unknown>>): SlotNames {
  return {
    groupAt: (slot) => entries.get(slot).group,
    keyAt: (slot) => entries.keyAt(slot),
  };
}

function* valuesAt<Value>(slots: Iterable<number>, entries: SlotMap<Entry<Value>>): Generator<Value, void> {
  for (const slot of slots) yield entries.get(slot).value;
}
