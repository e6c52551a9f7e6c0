import type { LogIndex } from "../model/index.ts";
import { type PlanResultsRequest, planResults, type StateView } from "../state/index.ts";

/**
 * The view in which the allocations of a plan are placed and none of those it stops has ended yet: the room that a plan
 * takes is gone for those after it at once, the room that it frees is theirs only when it is committed. What it evicts
 * runs as long, and is nobody else's to evict. The view is one index later, unless said.
 */
export function withPlaced(view: StateView, request: PlanResultsRequest, at?: LogIndex): StateView {
  const { NodePreemptions = {} } = request;
  const preemptions = Object.values(NodePreemptions).flat();
  return view.assuming((write) => {
    planResults.apply(write, { ...request, NodeUpdate: {}, NodePreemptions: {}, PreemptionEvals: [] }, { at: 0 });
    for (const { ID, PreemptedByAllocation } of preemptions) {
      const running = write.allocations.get(ID.toLowerCase());
      if (running !== undefined) write.put("allocations", { ...running, PreemptedByAllocation });
    }
  }, at);
}
