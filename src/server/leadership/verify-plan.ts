import type { Dictionary } from "../../base/index.ts";
import {
  type Allocation,
  allocationsFit,
  isPreempted,
  isReady,
  isTerminalAllocation,
  mayPreempt,
  type Node,
  type NodeID,
  type Plan,
  resourcesFit,
} from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import { changesOn, nodesOf } from "../plan-parts.ts";

/** What of a plan may be committed. `refused`: that is not all of it. */
export interface Verified {
  readonly NodeUpdate: Readonly<Dictionary<readonly Allocation[]>>;
  readonly NodeAllocation: Readonly<Dictionary<readonly Allocation[]>>;
  readonly NodePreemptions: Readonly<Dictionary<readonly Allocation[]>>;
  readonly refused: boolean;
}

/**
 * Holds a plan against a view of the state, node by node: what was true when the scheduler looked may be so no
 * more. A node's part is taken whole or not at all; with `AllAtOnce` one refusal refuses everything.
 * Source: the plan applier of Nomad 0.4.1.
 */
export function verifyPlan(view: StateView, plan: Plan): Verified {
  const nodes = nodesOf(plan);
  const fitting = nodes.filter((nodeID) => nodePartFits(view, plan, nodeID));
  const refused = fitting.length < nodes.length;
  return { ...changesOn(plan, refused && plan.AllAtOnce ? [] : fitting), refused };
}

/** True if what was placed on a node may stay there: nothing keeps it from running. */
export function keepsAllocations(node: Node | undefined): boolean {
  return node !== undefined && node.Status === "ready" && !node.Drain;
}

function nodePartFits(view: StateView, plan: Plan, nodeID: NodeID): boolean {
  const placed = plan.NodeAllocation[nodeID] ?? [];
  const preempted = plan.NodePreemptions[nodeID] ?? [];
  if (!preempted.every((allocation) => makesRoom(view, allocation, { job: plan.Job, placed }))) return false;
  if (placed.length === 0) return true;
  const node = view.nodes.get(nodeID);
  if (node === undefined || !keepsAllocations(node)) return false;
  if (!isReady(node) && placed.some(({ ID }) => view.allocations.get(ID) === undefined)) return false;
  if (placed.some(({ ID }) => hasMadeRoom(view.allocations.get(ID)))) return false;
  const replaced = new Set([...(plan.NodeUpdate[nodeID] ?? []), ...placed, ...preempted].map(({ ID }) => ID));
  const staying = [...view.allocations.by("node", nodeID)].filter(
    (allocation) => !isTerminalAllocation(allocation) && !replaced.has(allocation.ID),
  );
  const fit = placed.some(holdsNetwork) ? allocationsFit : resourcesFit;
  return fit(node, [...staying, ...placed]).fits;
}

/** What takes neither ports nor bandwidth has no part in what is wrong with those of a node, as schedulers see it too. */
function holdsNetwork({ TaskResources }: Allocation): boolean {
  return Object.values(TaskResources).some(({ Networks }) => Networks.length > 0);
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

/** What has made room for another is not updated any more: its job's scheduler has not seen that yet. */
function hasMadeRoom(stored: Allocation | undefined): boolean {
  return stored !== undefined && isPreempted(stored);
}
