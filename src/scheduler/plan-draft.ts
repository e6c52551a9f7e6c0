import { type Dictionary, dictionary } from "../base/index.ts";
import {
  type Allocation,
  type AllocationID,
  type Evaluation,
  evicted,
  isTerminalAllocation,
  type Job,
  type LogIndex,
  type Node,
  type NodeID,
  type Plan,
  type PlanAnnotations,
  type TaskGroup,
} from "../model/index.ts";
import { jobKey, type StateView } from "../state/index.ts";

/** Why an allocation is stopped. `clientStatus` is set only where no client is left to report one. */
export interface Stop {
  readonly description: string;
  readonly clientStatus?: "lost";
}

/** One step in the making of a plan. What is placed may have run there before, in another state. */
export interface DraftChange {
  readonly kind: "stopped" | "placed";
  readonly allocation: Allocation;
}

/** An allocation of another job that makes room for one that is placed. */
export interface Preemption {
  readonly allocation: Allocation;
  readonly by: Allocation;
}

/** Changes after which a plan is a part of one: its entry is kept, sent and applied in one go. */
const mostChanges = 10_000;

/** A plan in the making, and what nodes would run if it were carried out. */
export class PlanDraft {
  readonly #view: StateView;
  readonly #stopped: Dictionary<Allocation[]> = dictionary();
  readonly #placed: Dictionary<Allocation[]> = dictionary();
  readonly #preempted: Dictionary<Allocation[]> = dictionary();
  readonly #gone = new Set<AllocationID>();
  /** What nodes would run, of those that were asked about. */
  readonly #proposed = new Map<NodeID, readonly Allocation[]>();
  readonly #changes: DraftChange[] = [];
  readonly #preemptions: Preemption[] = [];
  readonly #preemptedOf = new Map<string, number>();
  readonly #most: number;
  #isPart = false;

  /** After `most` changes it takes no more. */
  constructor(view: StateView, most = mostChanges) {
    this.#view = view;
    this.#most = most;
  }

  /** True if something was left out for which there was no room in the plan. */
  get isPart(): boolean {
    return this.#isPart;
  }

  /** How many changes the plan has room for. */
  get room(): number {
    return Math.max(0, this.#most - this.#changes.length - this.#preemptions.length);
  }

  /** False if the plan is full: then what is asked for is left to another. */
  takesMore(): boolean {
    if (this.room === 0) this.#isPart = true;
    return this.room > 0;
  }

  /** These, one after the other, as long as the plan takes more. */
  *whileRoom<Item>(items: Iterable<Item>): Iterable<Item> {
    for (const item of items) {
      if (!this.takesMore()) return;
      yield item;
    }
  }

  /** All that was stopped and placed so far, in this order. */
  get changes(): readonly DraftChange[] {
    return this.#changes;
  }

  get preemptions(): readonly Preemption[] {
    return this.#preemptions;
  }

  /** How many allocations of the same group make room. */
  preemptedAlike(allocation: Allocation): number {
    return this.#preemptedOf.get(groupKey(allocation)) ?? 0;
  }

  /** The row is kept short: what the state knows of the allocation anyway is left out. */
  stop(allocation: Allocation, { description, clientStatus }: Stop): void {
    const stopped = {
      ...allocation,
      Job: null,
      Resources: null,
      DesiredStatus: "stop",
      DesiredDescription: description,
      ClientStatus: clientStatus ?? allocation.ClientStatus,
    };
    this.#goes(allocation);
    this.#changes.push({ kind: "stopped", allocation: stopped });
    listFor(this.#stopped, allocation.NodeID).push(stopped);
  }

  /** A new allocation, or the new state of one that runs there already. It comes in the place of what is `preempted`. */
  place(allocation: Allocation, preempted: readonly Allocation[] = []): void {
    for (const each of preempted) this.#evict(each, allocation);
    this.#goes(allocation);
    this.#changes.push({ kind: "placed", allocation });
    listFor(this.#placed, allocation.NodeID).push(allocation);
  }

  #goes({ ID, NodeID }: Allocation): void {
    this.#gone.add(ID);
    this.#proposed.delete(NodeID);
  }

  #evict(allocation: Allocation, by: Allocation): void {
    this.#goes(allocation);
    this.#preemptedOf.set(groupKey(allocation), this.preemptedAlike(allocation) + 1);
    this.#preemptions.push({ allocation: evicted(allocation, by.ID), by });
    listFor(this.#preempted, allocation.NodeID).push({ ...evicted(allocation, by.ID), Job: null, Resources: null });
  }

  /** What a node would run, but for the allocation `except`; what is over does not count. */
  proposedOn(nodeID: NodeID, except?: AllocationID): readonly Allocation[] {
    const proposed = this.#proposed.get(nodeID) ?? this.#lookedUpOn(nodeID);
    this.#proposed.set(nodeID, proposed);
    return except === undefined ? proposed : proposed.filter(({ ID }) => ID !== except);
  }

  #lookedUpOn(nodeID: NodeID): readonly Allocation[] {
    const stored = [...this.#view.allocations.by("node", nodeID.toLowerCase())];
    const proposed = [...stored.filter(({ ID }) => !this.#gone.has(ID)), ...(this.#placed[nodeID] ?? [])];
    return proposed.filter((allocation) => !isTerminalAllocation(allocation));
  }

  /** The node of each allocation the group would have, but for the allocation `except`; what is over does not count. */
  nodesOf(job: Job, group: TaskGroup, except?: AllocationID): readonly Node[] {
    const stored = [...this.#view.allocations.by("job", jobKey(job.Namespace, job.ID))];
    return [...stored.filter(({ ID }) => !this.#gone.has(ID)), ...Object.values(this.#placed).flat()]
      .filter((one) => one.TaskGroup === group.Name && one.ID !== except && !isTerminalAllocation(one))
      .map(({ NodeID }) => this.#view.nodes.get(NodeID.toLowerCase()))
      .filter((node) => node !== undefined);
  }

  /** `job` is missing if it is deregistered: then the plan is for the job as the stopped allocations knew it. */
  build(
    evaluation: Evaluation,
    parts: {
      readonly job: Job | undefined;
      readonly lastKnown: Job | null;
      readonly annotations: PlanAnnotations | null;
      readonly viewIndex: LogIndex;
    },
  ): Plan {
    return {
      EvalID: evaluation.ID,
      EvalToken: "",
      Priority: evaluation.Priority,
      AllAtOnce: parts.job?.AllAtOnce ?? false,
      Job: parts.job ?? parts.lastKnown,
      NodeUpdate: this.#stopped,
      NodeAllocation: this.#placed,
      NodePreemptions: this.#preempted,
      Annotations: parts.annotations,
      SnapshotIndex: parts.viewIndex,
    };
  }
}

function groupKey({ Namespace, JobID, TaskGroup }: Allocation): string {
  return `${jobKey(Namespace, JobID)}\u0000${TaskGroup}`;
}

function listFor(lists: Dictionary<Allocation[]>, nodeID: NodeID): Allocation[] {
  const known = lists[nodeID];
  if (known !== undefined) return known;
  const list: Allocation[] = [];
  lists[nodeID] = list;
  return list;
}
