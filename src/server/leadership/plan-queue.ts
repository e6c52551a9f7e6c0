import { PriorityQueue, WakeUp } from "../../base/index.ts";
import type { Plan, PlanResult } from "../../model/index.ts";

interface PendingPlan {
  readonly plan: Plan;
  readonly order: number;
  readonly answer: (result: PlanResult) => void;
  readonly fail: (reason: unknown) => void;
}

/** Plans wait here for the applier: higher priority first, then first come, first served. */
export class PlanQueue {
  readonly #queue = new PriorityQueue<PendingPlan>((a, b) =>
    a.plan.Priority === b.plan.Priority ? a.order < b.order : a.plan.Priority > b.plan.Priority,
  );
  #order = 0;
  readonly #arrived = new WakeUp();

  get depth(): number {
    return this.#queue.size;
  }

  /** Resolves with what was committed of the plan. */
  submit(plan: Plan): Promise<PlanResult> {
    return new Promise((answer, fail) => {
      this.#queue.push({ plan, order: this.#order++, answer, fail });
      this.#arrived.notify();
    });
  }

  /** The next plan; rejects when `signal` fires, and with it every plan that still waits. */
  async next(signal: AbortSignal): Promise<PendingPlan> {
    while (!signal.aborted) {
      const pending = this.#queue.pop();
      if (pending !== undefined) return pending;
      await this.#arrived.wait(signal);
    }
    for (let left = this.#queue.pop(); left !== undefined; left = this.#queue.pop()) left.fail(signal.reason);
    throw signal.reason;
  }
}
