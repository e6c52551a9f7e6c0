import type { Allocation, Job, LogIndex } from "../model/index.ts";
import type { PlanResultsRequest, ReadSet, StateView, Transaction } from "../state/index.ts";
import { AssumedAllocations } from "./assumed-allocations.ts";

/**
 * The state in which the allocations of plans are placed and none of those they stop has ended yet: the room that a plan
 * takes is gone for those after it at once, the room that it frees is theirs only when it is committed. What it evicts
 * runs as long, and is nobody else's to evict. Nothing else follows from a plan here, for nobody asks.
 */
export class AssumedPlacements {
  readonly #base: StateView;
  readonly #at: LogIndex;
  /** There once something is placed. */
  #assumed: AssumedState | undefined;
  /** To be placed when somebody looks: nobody looks behind the last. */
  #waiting: PlanResultsRequest[] = [];

  /** On top of `view`, one index later unless said. */
  constructor(view: StateView, at = view.index + 1) {
    this.#base = view;
    this.#at = at;
  }

  /** Stable until something more is placed. */
  get view(): StateView {
    const waiting = this.#waiting;
    if (waiting.length === 0) return this.#assumed ?? this.#base;
    this.#waiting = [];
    this.#assumed ??= new AssumedState(this.#base, this.#at);
    for (const request of waiting) place(this.#assumed.allocations, request);
    return this.#assumed;
  }

  place(request: PlanResultsRequest): void {
    this.#waiting.push(request);
  }
}

/** A view with other allocations. */
class AssumedState implements StateView {
  readonly index: LogIndex;
  readonly allocations: AssumedAllocations;
  readonly #base: StateView;

  constructor(base: StateView, index: LogIndex) {
    this.index = index;
    this.allocations = new AssumedAllocations(base.allocations, index);
    this.#base = base;
  }

  get nodes() {
    return this.#base.nodes;
  }

  get jobs() {
    return this.#base.jobs;
  }

  get jobSummaries() {
    return this.#base.jobSummaries;
  }

  get periodicLaunches() {
    return this.#base.periodicLaunches;
  }

  get evaluations() {
    return this.#base.evaluations;
  }

  get schedulerConfigurations() {
    return this.#base.schedulerConfigurations;
  }

  get times() {
    return this.#base.times;
  }

  indexAt(instant: number): LogIndex {
    return this.#base.indexAt(instant);
  }

  assuming(change: (write: Transaction) => void, at = this.index + 1): StateView {
    return this.#base.assuming((write) => {
      for (const row of this.allocations.assumed()) write.put("allocations", row);
      change(write);
    }, at);
  }

  noting(reads: ReadSet): StateView {
    return this.assuming(() => undefined, this.index).noting(reads);
  }
}

function place(allocations: AssumedAllocations, request: PlanResultsRequest): void {
  const job = request.Job ?? allocations.get((request.JobOf ?? "").toLowerCase())?.Job ?? null;
  for (const planned of Object.values(request.NodeAllocation).flat()) {
    allocations.put(stored(planned, allocations.get(planned.ID.toLowerCase()), job));
  }
  for (const { ID, PreemptedByAllocation } of Object.values(request.NodePreemptions ?? {}).flat()) {
    const running = allocations.get(ID.toLowerCase());
    if (running !== undefined) allocations.put({ ...running, PreemptedByAllocation });
  }
}

/** What the client has said of one that is updated in place stays, and so does who has evicted it. */
function stored(planned: Allocation, before: Allocation | undefined, job: Job | null): Allocation {
  const Job = planned.Job ?? job ?? before?.Job ?? null;
  if (before === undefined) return { ...planned, Job };
  const { ClientStatus, TaskStates } = before;
  const PreemptedByAllocation = planned.PreemptedByAllocation || before.PreemptedByAllocation;
  return { ...planned, Job, ClientStatus, TaskStates, PreemptedByAllocation };
}
