import { dictionary } from "../../base/index.ts";
import {
  type Allocation,
  allocationsFit,
  isReady,
  isTerminalAllocation,
  type LogIndex,
  type NodeID,
  type Plan,
} from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";

/** What of a plan may be committed. A `refreshIndex` above 0 says that the rest was refused on newer facts. */
export interface Verified {
  readonly NodeUpdate: Plan["NodeUpdate"];
  readonly NodeAllocation: Plan["NodeAllocation"];
  readonly refreshIndex: LogIndex;
}

/**
 * Holds a plan against the present state, node by node: what was true when the scheduler looked may be so no
 * more. A node's part is taken whole or not at all; with `AllAtOnce` one refusal refuses everything.
 */
export function verifyPlan(view: StateView, plan: Plan): Verified {
  const [updates, placements] = [dictionary<Allocation[]>(), dictionary<Allocation[]>()];
  let refused = false;
  for (const nodeID of new Set([...Object.keys(plan.NodeUpdate), ...Object.keys(plan.NodeAllocation)])) {
    if (!nodePartFits(view, plan, nodeID)) {
      refused = true;
      continue;
    }
    const [stopped, placed] = [plan.NodeUpdate[nodeID] ?? [], plan.NodeAllocation[nodeID] ?? []];
    if (stopped.length > 0) updates[nodeID] = [...stopped];
    if (placed.length > 0) placements[nodeID] = [...placed];
  }
  const refreshIndex = refused ? Math.max(view.nodes.lastIndex, view.allocations.lastIndex, 1) : 0;
  if (refused && plan.AllAtOnce) return { NodeUpdate: dictionary(), NodeAllocation: dictionary(), refreshIndex };
  return { NodeUpdate: updates, NodeAllocation: placements, refreshIndex };
}

function nodePartFits(view: StateView, plan: Plan, nodeID: NodeID): boolean {
  const placed = plan.NodeAllocation[nodeID] ?? [];
  if (placed.length === 0) return true;
  const node = view.nodes.get(nodeID);
  if (node === undefined || !isReady(node)) return false;
  const replaced = new Set([...(plan.NodeUpdate[nodeID] ?? []), ...placed].map((allocation) => allocation.ID));
  const staying = [...view.allocations.by("node", nodeID)].filter(
    (allocation) => !isTerminalAllocation(allocation) && !replaced.has(allocation.ID),
  );
  return allocationsFit(node, [...staying, ...placed]).fits;
}
