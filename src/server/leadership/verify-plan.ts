import { type Dictionary, dictionary } from "../../base/index.ts";
import {
  type Allocation,
  allocationsFit,
  isReady,
  isTerminalAllocation,
  type Node,
  type NodeID,
  type Plan,
  resourcesFit,
} from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";

/** What of a plan may be committed. `refused`: that is not all of it. */
export interface Verified {
  readonly NodeUpdate: Readonly<Dictionary<readonly Allocation[]>>;
  readonly NodeAllocation: Readonly<Dictionary<readonly Allocation[]>>;
  readonly refused: boolean;
}

/**
 * Holds a plan against a view of the state, node by node: what was true when the scheduler looked may be so no
 * more. A node's part is taken whole or not at all; with `AllAtOnce` one refusal refuses everything.
 * Source: the plan applier of Nomad 0.4.1.
 */
export function verifyPlan(view: StateView, plan: Plan): Verified {
  const nodes = new Set([...Object.keys(plan.NodeUpdate), ...Object.keys(plan.NodeAllocation)]);
  const fitting = [...nodes].filter((nodeID) => nodePartFits(view, plan, nodeID));
  const refused = fitting.length < nodes.size;
  const accepted = refused && plan.AllAtOnce ? [] : fitting;
  return {
    NodeUpdate: partsOf(plan.NodeUpdate, accepted),
    NodeAllocation: partsOf(plan.NodeAllocation, accepted),
    refused,
  };
}

/** True if what was placed on a node may stay there: nothing keeps it from running. */
export function keepsAllocations(node: Node | undefined): boolean {
  return node !== undefined && node.Status === "ready" && !node.Drain;
}

function nodePartFits(view: StateView, plan: Plan, nodeID: NodeID): boolean {
  const placed = plan.NodeAllocation[nodeID] ?? [];
  if (placed.length === 0) return true;
  const node = view.nodes.get(nodeID);
  if (node === undefined || !keepsAllocations(node)) return false;
  if (!isReady(node) && placed.some(({ ID }) => view.allocations.get(ID) === undefined)) return false;
  const replaced = new Set([...(plan.NodeUpdate[nodeID] ?? []), ...placed].map((allocation) => allocation.ID));
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

function partsOf(byNode: Verified["NodeUpdate"], nodes: readonly NodeID[]): Dictionary<readonly Allocation[]> {
  return dictionary(
    nodes.flatMap((nodeID) => {
      const part = byNode[nodeID] ?? [];
      return part.length > 0 ? [[nodeID, part] as const] : [];
    }),
  );
}
