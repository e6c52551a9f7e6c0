import type { Instant } from "../base/index.ts";

/** Something that is to happen at an instant. */
export interface Event {
  readonly when: Instant;
  /** Tells events of the same instant apart: the one that was asked for first comes first. */
  readonly order: number;
  readonly act: () => void;
  /** Its place in the queue; negative once it is no longer there. */
  place: number;
}

const gone = -1;

/**
 * A heap of events, the next one first. Most timers of a world are canceled long before their time, so an event can be
 * taken out wherever it stands: what waits is then only what may still happen.
 */
export class EventQueue {
  readonly #heap: Event[] = [];

  get first(): Event | undefined {
    return this.#heap[0];
  }

  push(event: Event): void {
    this.#heap.push(event);
    this.#rise(event, this.#heap.length - 1);
  }

  /** An event that is no longer there stays away. */
  remove(event: Event): void {
    const { place } = event;
    if (place === gone) return;
    event.place = gone;
    const last = this.#heap.pop()!;
    if (last === event) return;
    // It comes from another branch: it may belong above this place as well as below.
    this.#rise(last, place);
    if (last.place === place) this.#sink(last, place);
  }

  #rise(event: Event, from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above]!;
      if (!comesBefore(event, parent)) break;
      heap[at] = parent;
      parent.place = at;
      at = above;
    }
    heap[at] = event;
    event.place = at;
  }

  #sink(event: Event, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && comesBefore(heap[below + 1]!, heap[below]!)) below++;
      const child = heap[below]!;
      if (!comesBefore(child, event)) break;
      heap[at] = child;
      child.place = at;
      at = below;
    }
    heap[at] = event;
    event.place = at;
  }
}

function comesBefore(one: Event, other: Event): boolean {
  return one.when === other.when ? one.order < other.order : one.when < other.when;
}
