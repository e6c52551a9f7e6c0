import { PriorityQueue, WakeUp } from "../../base/index.ts";
import type { Plan, PlanResult } from "../../model/index.ts";

/** A plan, and where its worker waits for the outcome: it is told exactly one. */
export interface PendingPlan {
  readonly plan: Plan;
  readonly answer: (result: PlanResult) => void;
  readonly fail: (reason: unknown) => void;
}

interface Queued extends PendingPlan {
  readonly order: number;
}

/** Plans wait here for the applier: higher priority first, then first come, first served. */
export class PlanQueue {
  readonly #signal: AbortSignal;
  readonly #queue = new PriorityQueue<Queued>(comesBefore);
  readonly #arrived = new WakeUp();
  #order = 0;

  /** When `signal` fires, plans that wait fail with its reason, and so do all that come afterwards. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#failAll(), { once: true });
  }

  get depth(): number {
    return this.#queue.size;
  }

  /** Resolves with what was committed of the plan. */
  submit(plan: Plan): Promise<PlanResult> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason);
    return new Promise((answer, fail) => {
      this.#queue.push({ plan, order: this.#order++, answer, fail });
      this.#arrived.notify();
    });
  }

  /** Waits for plans and takes up to `most` of those that are there; none once the signal has fired. */
  async take(most: number): Promise<readonly PendingPlan[]> {
    while (this.#queue.size === 0 && !this.#signal.aborted) await this.#arrived.wait(this.#signal);
    return this.takeNow(most);
  }

  /** Takes up to `most` of the plans that are there, if any. */
  takeNow(most: number): readonly PendingPlan[] {
    const taken: PendingPlan[] = [];
    while (taken.length < most) {
      const next = this.#queue.pop();
      if (next === undefined) break;
      taken.push(next);
    }
    return taken;
  }

  #failAll(): void {
    for (let left = this.#queue.pop(); left !== undefined; left = this.#queue.pop()) left.fail(this.#signal.reason);
  }
}

function comesBefore(a: Queued, b: Queued): boolean {
  return a.plan.Priority === b.plan.Priority ? a.order < b.order : a.plan.Priority > b.plan.Priority;
}
