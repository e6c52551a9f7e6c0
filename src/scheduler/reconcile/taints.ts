import type { Allocation, NodeID } from "../../model/index.ts";
import { drainsJobsOf, isClientTerminal, isServerTerminal } from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";

/** Why allocations cannot stay on a node: it is down or forgotten, or it is being emptied. */
export type Taint = "gone" | "draining";

/** The nodes of `allocations`, all of one job, that these cannot stay on. */
export function taintsOf(view: StateView, allocations: Iterable<Allocation>): ReadonlyMap<NodeID, Taint> {
  const taints = new Map<NodeID, Taint>();
  const seen = new Set<NodeID>();
  for (const { NodeID, Job } of allocations) {
    if (seen.has(NodeID)) continue;
    seen.add(NodeID);
    const node = view.nodes.get(NodeID.toLowerCase());
    if (node === undefined || node.Status === "down") taints.set(NodeID, "gone");
    else if (drainsJobsOf(node, Job?.Type)) taints.set(NodeID, "draining");
  }
  return taints;
}

/** Allocations that were to stop when their node went away: nobody will say any more that they did. */
export function lostWhileStopping(
  allocations: readonly Allocation[],
  taints: ReadonlyMap<NodeID, Taint>,
): readonly Allocation[] {
  return allocations.filter(
    (one) => taints.get(one.NodeID) === "gone" && isServerTerminal(one) && !isClientTerminal(one),
  );
}
