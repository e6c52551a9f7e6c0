import type { LogIndex } from "../model/index.ts";
import { type PlanResultsRequest, planResults, type StateView, type Transaction } from "../state/index.ts";

/**
 * The state in which the allocations of plans are placed and none of those they stop has ended yet: the room that a plan
 * takes is gone for those after it at once, the room that it frees is theirs only when it is committed. What it evicts
 * runs as long, and is nobody else's to evict.
 *
 * One plan after the other is placed in the same tables, once somebody looks: to copy them for each would cost more
 * than all the rest, and nobody looks behind the last.
 */
export class AssumedPlacements {
  readonly #at: LogIndex | undefined;
  #view: StateView;
  #write: Transaction | undefined;
  #waiting: PlanResultsRequest[] = [];

  /** On top of `view`, one index later unless said. */
  constructor(view: StateView, at?: LogIndex) {
    this.#view = view;
    this.#at = at;
  }

  /** Stable until something more is placed. */
  get view(): StateView {
    const waiting = this.#waiting;
    if (waiting.length === 0) return this.#view;
    this.#waiting = [];
    const write = this.#write ?? this.#open();
    for (const request of waiting) place(write, request);
    return this.#view;
  }

  place(request: PlanResultsRequest): void {
    this.#waiting.push(request);
  }

  #open(): Transaction {
    this.#view = this.#view.assuming((write) => {
      this.#write = write;
    }, this.#at);
    return this.#write as Transaction;
  }
}

/** What is new is put there as it was planned: of a supposition nobody asks statuses and counts of jobs. */
function place(write: Transaction, request: PlanResultsRequest): void {
  const { allocations } = write;
  const placed = Object.values(request.NodeAllocation).flat();
  if (placed.every(({ ID }) => allocations.get(ID.toLowerCase()) === undefined)) {
    const job = request.Job ?? allocations.get((request.JobOf ?? "").toLowerCase())?.Job ?? null;
    for (const allocation of placed) write.put("allocations", { ...allocation, Job: allocation.Job ?? job });
  } else {
    planResults.apply(write, { ...request, NodeUpdate: {}, NodePreemptions: {}, PreemptionEvals: [] }, { at: 0 });
  }
  for (const { ID, PreemptedByAllocation } of Object.values(request.NodePreemptions ?? {}).flat()) {
    const running = allocations.get(ID.toLowerCase());
    if (running !== undefined) write.put("allocations", { ...running, PreemptedByAllocation });
  }
}
