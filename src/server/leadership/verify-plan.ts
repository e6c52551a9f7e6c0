import type { Dictionary } from "../../base/index.ts";
import {
  type Allocation,
  allocationsFit,
  drainsJobsOf,
  isPreempted,
  isReady,
  isTerminalAllocation,
  mayPreempt,
  type Node,
  type NodeID,
  type Plan,
  type Resources,
  usageFits,
  usageLess,
  usageOfAll,
} from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import { changesOn, nodesOf } from "../plan-parts.ts";

/** What of a plan may be committed. `refused`: that is not all of it, for `misfits` have no room for their parts. */
export interface Verified {
  readonly NodeUpdate: Readonly<Dictionary<readonly Allocation[]>>;
  readonly NodeAllocation: Readonly<Dictionary<readonly Allocation[]>>;
  readonly NodePreemptions: Readonly<Dictionary<readonly Allocation[]>>;
  readonly refused: boolean;
  readonly misfits: readonly NodeID[];
}

/**
 * Holds a plan against a view of the state, node by node: what was true when the scheduler looked may be so no
 * more. A node's part is taken whole or not at all; with `AllAtOnce` one refusal refuses everything.
 * Source: the plan applier of Nomad 0.4.1.
 */
export function verifyPlan(view: StateView, plan: Plan): Verified {
  const nodes = nodesOf(plan);
  const misfits = nodes.filter((nodeID) => !nodePartFits(view, plan, nodeID));
  if (misfits.length > 0) {
    const fitting = plan.AllAtOnce ? [] : nodes.filter((nodeID) => !misfits.includes(nodeID));
    return { ...changesOn(plan, fitting), refused: true, misfits };
  }
  const { NodeUpdate, NodeAllocation, NodePreemptions } = plan;
  return { NodeUpdate, NodeAllocation, NodePreemptions, refused: false, misfits };
}

/** True if what a plan placed on a node may stay there: nothing keeps it from running. */
export function keepsAllocations(node: Node | undefined, { Job }: Pick<Plan, "Job">): boolean {
  return node !== undefined && node.Status === "ready" && !drainsJobsOf(node, Job?.Type);
}

function nodePartFits(view: StateView, plan: Plan, nodeID: NodeID): boolean {
  const placed = plan.NodeAllocation[nodeID] ?? none;
  const preempted = plan.NodePreemptions[nodeID] ?? none;
  if (!preempted.every((allocation) => makesRoom(view, allocation, { job: plan.Job, placed }))) return false;
  if (placed.length === 0) return true;
  const node = view.nodes.get(nodeID);
  if (node === undefined || !keepsAllocations(node, plan)) return false;
  const updated = storedOf(view, placed);
  if (updated.some(isPreempted)) return false;
  if (!isReady(node) && updated.length < placed.length) return false;
  const replaced = joined(updated, storedOf(view, plan.NodeUpdate[nodeID]), storedOf(view, preempted));
  return placed.some(holdsNetwork)
    ? allocationsFit(node, [...stayingOn(view, nodeID, replaced), ...placed]).fits
    : sumsFit(view, node, { placed, replaced: replaced.filter(({ NodeID }) => NodeID === nodeID) });
}

/** Most nodes of most plans have nothing that is replaced: for those no list is made. */
const none: readonly Allocation[] = [];

function storedOf(view: StateView, allocations = none): readonly Allocation[] {
  let found: Allocation[] | undefined;
  for (const { ID } of allocations) {
    const stored = view.allocations.get(ID);
    if (stored === undefined) continue;
    found ??= [];
    found.push(stored);
  }
  return found ?? none;
}

function joined(...lists: readonly (readonly Allocation[])[]): readonly Allocation[] {
  return lists.every(({ length }) => length === 0) ? none : lists.flat();
}

/** What goes on running on a node without those that are `replaced`. */
function stayingOn(view: StateView, nodeID: NodeID, replaced: readonly Allocation[]): readonly Allocation[] {
  const ids = new Set(replaced.map(({ ID }) => ID));
  return [...view.allocations.by("node", nodeID)].filter(
    (allocation) => !isTerminalAllocation(allocation) && !ids.has(allocation.ID),
  );
}

/** Whether a node has the room, by what it is known to run in all: nobody has to look at each allocation. */
function sumsFit(
  view: StateView,
  node: Node,
  { placed, replaced }: { readonly placed: readonly Allocation[]; readonly replaced: readonly Allocation[] },
): boolean {
  const present = view.allocations.takenOf(node.ID.toLowerCase());
  const staying = replaced.length === 0 ? present : usageLess(present, usageOfAll(uniqueOf(replaced)));
  return usageFits(node, staying, usageOfAll(placed)).fits;
}

function uniqueOf(allocations: readonly Allocation[]): readonly Allocation[] {
  return [...new Map(allocations.map((allocation) => [allocation.ID, allocation])).values()];
}

/** What takes neither ports nor bandwidth has no part in what is wrong with those of a node, as schedulers see it too. */
function holdsNetwork({ TaskResources }: Allocation): boolean {
  for (const task in TaskResources) if ((TaskResources[task] as Resources).Networks.length > 0) return true;
  return false;
}

/**
 * True if an allocation may be evicted for one that is placed beside it: it runs there still, of no more importance than when
 * the scheduler looked, and nobody else has its room.
 */
function makesRoom(
  view: StateView,
  { ID, NodeID, PreemptedByAllocation }: Allocation,
  by: { readonly job: Plan["Job"]; readonly placed: readonly Allocation[] },
): boolean {
  const running = view.allocations.get(ID.toLowerCase());
  if (running === undefined || by.job === null || running.NodeID !== NodeID) return false;
  return mayPreempt(by.job, running) && by.placed.some((allocation) => allocation.ID === PreemptedByAllocation);
}
