import { type Duration, type Instant, later, latest, milliseconds, times } from "../../base/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { Delivery, EvaluationBroker } from "./evaluation-broker.ts";
import { Rush } from "./rush.ts";

/** The least time from one delivery to the next: a delivery costs much the same for one evaluation and for many. */
const deliverEvery: Duration = milliseconds(10);
/** The same for each evaluation of a delivery while jobs are registered in a rush: the servers' time is for those who register. */
const deliverInRushEvery: Duration = milliseconds(3);

/** A worker that waits for evaluations of these schedulers. */
interface Waiting {
  readonly schedulers: readonly string[];
  readonly most: number;
  readonly give: (deliveries: readonly Delivery[]) => void;
}

/**
 * Brings what the broker has ready to the workers that wait, first come, first served. Deliveries keep a
 * distance, so that they are worth their way where many evaluations come; one that comes alone does not wait.
 */
export class HandingOut {
  readonly #broker: EvaluationBroker;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  readonly #rush = new Rush();
  #last: { readonly at: Instant; readonly size: number } | undefined;
  #cancelTurn: (() => void) | undefined;

  constructor(broker: EvaluationBroker, clock: Clock) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /** What may be had at once; none when nothing is ready or it is not yet time. */
  take(schedulers: readonly string[], most: number): readonly Delivery[] {
    const ready = this.#broker.readyCount(schedulers);
    return ready > 0 && this.#dueFor(ready, most) <= this.#clock.now() ? this.#taken(schedulers, most) : [];
  }

  /**
   * Calls `give` once, never before this has returned, with one evaluation at least and `most` at most; calling the result
   * ends the wait.
   */
  wait(waiting: Waiting): () => void {
    this.#waiting.add(waiting);
    if (this.#broker.readyCount(waiting.schedulers) > 0) queueMicrotask(() => this.handOut());
    return () => {
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#endTurn();
    };
  }

  /** Somebody has registered a job, and the broker is to have an evaluation for it. */
  jobRegistered(): void {
    this.#rush.came(this.#clock.now());
  }

  /** Something may have become ready. */
  handOut(): void {
    for (const waiting of this.#waiting) {
      const ready = this.#broker.readyCount(waiting.schedulers);
      if (ready === 0) continue;
      const due = this.#dueFor(ready, waiting.most);
      if (due > this.#clock.now()) {
        this.#cancelTurn ??= this.#clock.at(due, () => this.#nextTurn());
        continue;
      }
      this.#waiting.delete(waiting);
      waiting.give(this.#taken(waiting.schedulers, waiting.most));
    }
  }

  #dueFor(ready: number, most: number): Instant {
    const now = this.#clock.now();
    if (this.#last === undefined) return now;
    const { at, size } = this.#last;
    const gathered = ready < most ? later(at, deliverEvery) : now;
    const paced = this.#rush.isOn(now) ? later(at, times(deliverInRushEvery, size)) : now;
    return latest(now, latest(gathered, paced));
  }

  #taken(schedulers: readonly string[], most: number): readonly Delivery[] {
    const now = this.#clock.now();
    const deliveries: Delivery[] = [];
    while (deliveries.length < Math.max(1, most)) {
      const delivery = this.#broker.dequeue(schedulers, now);
      if (delivery === undefined) break;
      deliveries.push(delivery);
    }
    this.#last = { at: now, size: deliveries.length };
    return deliveries;
  }

  #nextTurn(): void {
    this.#cancelTurn = undefined;
    this.handOut();
  }

  #endTurn(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
  }
}
