const nobody = () => undefined;

/** A heap: takes out the first by `comesBefore`. Items that tie leave in no promised order. */
export class PriorityQueue<Item> {
  readonly #heap: Item[] = [];
  readonly #comesBefore: (a: Item, b: Item) => boolean;
  readonly #placed: (item: Item, place: number) => void;

  /** `placed` is told of each new place of an item, for it to be removed from there. */
  constructor(comesBefore: (a: Item, b: Item) => boolean, placed: (item: Item, place: number) => void = nobody) {
    this.#comesBefore = comesBefore;
    this.#placed = placed;
  }

  get size(): number {
    return this.#heap.length;
  }

  peek(): Item | undefined {
    return this.#heap[0];
  }

  push(item: Item): void {
    this.#heap.push(item);
    this.#rise(item, this.#heap.length - 1);
  }

  pop(): Item | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.removeAt(0);
    return first;
  }

  /** Removes the item that stands at this place. */
  removeAt(place: number): void {
    const last = this.#heap.pop();
    if (last === undefined || place === this.#heap.length) return;
    // It comes from another branch: it may belong above this place as well as below.
    const risen = this.#rise(last, place);
    if (risen === place) this.#sink(last, place);
  }

  /** Returns the place where the item stands then. */
  #rise(item: Item, from: number): number {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#comesBefore(item, heap[parent] as Item)) break;
      this.#put(heap[parent] as Item, at);
      at = parent;
    }
    this.#put(item, at);
    return at;
  }

  #sink(item: Item, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#comesBefore(heap[child + 1] as Item, heap[child] as Item)) child += 1;
      if (!this.#comesBefore(heap[child] as Item, item)) break;
      this.#put(heap[child] as Item, at);
      at = child;
    }
    this.#put(item, at);
  }

  #put(item: Item, place: number): void {
    this.#heap[place] = item;
    this.#placed(item, place);
  }
}
