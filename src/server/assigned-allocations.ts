import type { Allocation } from "../model/index.ts";
import type { Applied, StateView } from "../state/index.ts";
import { type PackedMap, PackedPairs } from "../wire/index.ts";
import type { ReplicatedState } from "./replicated-state.ts";

/** Nodes of which lists are kept; of more, those go that have been kept longest. */
const mostLists = 20_000;

/** What a node is told of its allocations: each id with the index of its last change by the servers. */
export interface Assigned {
  readonly pairs: PackedMap;
  /** Of these indexes; 0 if there are no allocations. */
  readonly newest: number;
}

/** Of one node, as it stands. */
interface List {
  readonly pairs: PackedPairs;
  newest: number;
}

/**
 * What each node that asked is to run, as it is told to it. A node with hundreds of allocations asks again whenever it gets another
 * one, and to look at all of them each time costs far more than to add the one: so lists are kept, and added to as the log is
 * applied. A list of which anything else changes is dropped, and made anew from the state when it is asked for.
 */
export class AssignedAllocations {
  readonly #state: Pick<ReplicatedState, "replacements">;
  /** By the node's key. */
  readonly #lists = new Map<string, List>();
  #replacements: number;

  constructor(state: Pick<ReplicatedState, "observe" | "replacements">) {
    this.#state = state;
    this.#replacements = state.replacements;
    state.observe((applied) => this.#follow(applied));
  }

  /** `view` is of the present index; it notes what is looked at. `node` is the node's key. */
  of(node: string, view: StateView): Assigned {
    if (this.#replacements !== this.#state.replacements) this.#lists.clear();
    this.#replacements = this.#state.replacements;
    view.allocations.awaitAssigned(node);
    const { pairs, newest } = this.#lists.get(node) ?? this.#begin(node, view);
    return { pairs: pairs.map(), newest };
  }

  #begin(node: string, view: StateView): List {
    const pairs: unknown[] = [];
    let newest = 0;
    for (const { ID, AllocModifyIndex } of view.allocations.assignedTo(node)) {
      pairs.push(ID, AllocModifyIndex);
      if (AllocModifyIndex > newest) newest = AllocModifyIndex;
    }
    const list = { pairs: new PackedPairs(pairs), newest };
    if (this.#lists.size >= mostLists) for (const oldest of this.#lists.keys().take(1)) this.#lists.delete(oldest);
    this.#lists.set(node, list);
    return list;
  }

  #follow({ changes }: Applied): void {
    if (this.#lists.size === 0) return;
    for (const { table, before, after } of changes) {
      if (table !== "allocations") continue;
      if (before === undefined && after !== undefined) this.#added(after);
      else if (before !== undefined) this.#changed(before, after);
    }
  }

  #added({ ID, NodeID, AllocModifyIndex }: Allocation): void {
    const list = this.#lists.get(NodeID.toLowerCase());
    if (list === undefined) return;
    list.pairs.add(ID, AllocModifyIndex);
    list.newest = Math.max(list.newest, AllocModifyIndex);
  }

  #changed(before: Allocation, after: Allocation | undefined): void {
    const isSame = after?.AllocModifyIndex === before.AllocModifyIndex && after.NodeID === before.NodeID;
    if (isSame) return;
    this.#lists.delete(before.NodeID.toLowerCase());
    if (after !== undefined) this.#lists.delete(after.NodeID.toLowerCase());
  }
}
