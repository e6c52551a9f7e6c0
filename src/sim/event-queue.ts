import { type Instant, PriorityQueue } from "../base/index.ts";

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
 * Events, the next one first. Most timers of a world are canceled long before their time, so an event can be taken out
 * wherever it stands: what waits is then only what may still happen.
 */
export class EventQueue {
  readonly #events = new PriorityQueue<Event>(comesBefore, (event, place) => {
    event.place = place;
  });

  get first(): Event | undefined {
    return this.#events.peek();
  }

  push(event: Event): void {
    this.#events.push(event);
  }

  /** An event that is no longer there stays away. */
  remove(event: Event): void {
    const { place } = event;
    if (place === gone) return;
    event.place = gone;
    this.#events.removeAt(place);
  }
}

function comesBefore(one: Event, other: Event): boolean {
  return one.when === other.when ? one.order < other.order : one.when < other.when;
}
