import { type Dictionary, dictionaryByID } from "../base/index.ts";
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
import { Occupancy } from "./occupancy.ts";

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
  /** Of the job: all that is stored of it. */
  readonly #own: readonly Allocation[];
  #ownByNode: ReadonlyMap<NodeID, readonly Allocation[]> | undefined;
  readonly #stopped: Dictionary<Allocation[]> = dictionaryByID();
  readonly #placed: Dictionary<Allocation[]> = dictionaryByID();
  readonly #preempted: Dictionary<Allocation[]> = dictionaryByID();
  readonly #gone = new Set<AllocationID>();
  /** What nodes would run, of those that were asked about or are changed. */
  readonly #occupancies = new Map<NodeID, Occupancy>();
  readonly #changes: DraftChange[] = [];
  readonly #preemptions: Preemption[] = [];
  readonly #preemptedOf = new Map<string, number>();
  readonly #most: number;
  #isPart = false;

  /** For a job of which `own` is all that is stored. After `most` changes it takes no more. */
  constructor(view: StateView, own: readonly Allocation[], most = mostChanges) {
    this.#view = view;
    this.#own = own;
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
    this.#goes(allocation, true);
    this.#changes.push({ kind: "stopped", allocation: stopped });
    listFor(this.#stopped, allocation.NodeID).push(stopped);
  }

  /** A new allocation. It comes in the place of what is `preempted`. */
  place(allocation: Allocation, preempted: readonly Allocation[] = []): void {
    for (const each of preempted) this.#evict(each, allocation);
    this.#comes(allocation);
  }

  /** The new state of an allocation that goes on where it runs. */
  update(stored: Allocation, updated: Allocation): void {
    this.#goes(stored, true);
    this.#comes(updated);
  }

  #comes(allocation: Allocation): void {
    this.proposedOn(allocation.NodeID).place(allocation);
    this.#changes.push({ kind: "placed", allocation });
    listFor(this.#placed, allocation.NodeID).push(allocation);
  }

  #goes(stored: Allocation, isOwn: boolean): void {
    this.#gone.add(stored.ID);
    this.proposedOn(stored.NodeID).remove(stored, isOwn);
  }

  #evict(allocation: Allocation, by: Allocation): void {
    this.#goes(allocation, false);
    this.#preemptedOf.set(groupKey(allocation), this.preemptedAlike(allocation) + 1);
    this.#preemptions.push({ allocation: evicted(allocation, by.ID), by });
    listFor(this.#preempted, allocation.NodeID).push({ ...evicted(allocation, by.ID), Job: null, Resources: null });
  }

  /** What a node would run, but for the stored allocation of the job that has the id `except`. */
  proposedOn(nodeID: NodeID, except?: AllocationID): Occupancy {
    const occupancy = this.#occupancies.get(nodeID) ?? this.#presentOn(nodeID);
    this.#occupancies.set(nodeID, occupancy);
    const spared = except === undefined ? undefined : this.#view.allocations.get(except.toLowerCase());
    return spared === undefined ? occupancy : occupancy.without([spared], true);
  }

  #presentOn(nodeID: NodeID): Occupancy {
    const { allocations } = this.#view;
    const node = nodeID.toLowerCase();
    this.#ownByNode ??= Map.groupBy(this.#own, ({ NodeID }) => NodeID);
    return new Occupancy({
      taken: allocations.takenOf(node),
      siblings: this.#ownByNode.get(nodeID) ?? [],
      all: () => allocations.by("node", node),
    });
  }

  /** The node of each allocation the group would have, but for the allocation `except`; what is over does not count. */
  nodesOf(group: TaskGroup, except?: AllocationID): readonly Node[] {
    return [...this.#own.filter(({ ID }) => !this.#gone.has(ID)), ...Object.values(this.#placed).flat()]
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
