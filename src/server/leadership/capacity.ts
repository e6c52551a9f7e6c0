import { isReady, isTerminalAllocation } from "../../model/index.ts";
import type { Change, StateView } from "../../state/index.ts";

/**
 * The computed class of the node that a change gave room for allocations; undefined if it gave none. A node gives room
 * when it comes to be ready, and when it is described anew: it may have grown. So does an allocation that ends.
 */
export function capacityGainedBy(change: Change, view: () => StateView): string | undefined {
  switch (change.table) {
    case "nodes":
      return change.after !== undefined && isReady(change.after) ? change.after.ComputedClass : undefined;
    case "allocations": {
      const { before, after } = change;
      if (before === undefined || isTerminalAllocation(before)) return undefined;
      if (after !== undefined && !isTerminalAllocation(after)) return undefined;
      const node = view().nodes.get(before.NodeID.toLowerCase());
      return node !== undefined && isReady(node) ? node.ComputedClass : undefined;
    }
    default:
      return undefined;
  }
}
