import { PriorityQueue, WakeUp } from "../../base/index.ts";
import type { AllocationID, Plan, PlanResult } from "../../model/index.ts";
import { sizeOf } from "../plan-parts.ts";

/** A plan, and where its worker waits for the outcome: it is told exactly one. */
export interface PendingPlan {
  readonly plan: Plan;
  /** An allocation that an earlier part of the plan has placed, if any: then the log knows the job. */
  readonly jobOf: AllocationID | undefined;
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
  submit(plan: Plan, jobOf?: AllocationID): Promise<PlanResult> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason);
    return new Promise((answer, fail) => {
      this.#queue.push({ plan, jobOf, order: this.#order++, answer, fail });
      this.#arrived.notify();
    });
  }

  /**
   * Waits for plans and takes up to `most` of those that are there, and no more than change `mostAllocations` together unless
   * one alone does; none once the signal has fired.
   */
  async take(most: number, mostAllocations: number): Promise<readonly PendingPlan[]> {
    while (this.#queue.size === 0 && !this.#signal.aborted) await this.#arrived.wait(this.#signal);
    const taken: PendingPlan[] = [];
    let allocations = 0;
    for (let next = this.#queue.peek(); next !== undefined && taken.length < most; next = this.#queue.peek()) {
      allocations += sizeOf(next.plan);
      if (taken.length > 0 && allocations > mostAllocations) break;
      taken.push(next);
      this.#queue.pop();
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
