import { type Allocation, isTerminalAllocation, usageOf } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";
import { jobKey } from "../view.ts";

/** Work bound to nodes, by id. `activeJob` is the job of those that are not over. */
export const allocations: TableDeclaration<Allocation, "node" | "job" | "evaluation", "activeJob"> = {
  key: (allocation) => allocation.ID.toLowerCase(),
  indexes: {
    node: (allocation) => allocation.NodeID.toLowerCase(),
    job: (allocation) => jobKey(allocation.Namespace, allocation.JobID),
    evaluation: (allocation) => allocation.EvalID.toLowerCase(),
  },
  counted: {
    activeJob: (allocation) =>
      isTerminalAllocation(allocation) ? undefined : jobKey(allocation.Namespace, allocation.JobID),
  },
  news: {
    assignments: { index: "node", isOld: (before, after) => before.AllocModifyIndex === after.AllocModifyIndex },
  },
  sum: {
    by: (allocation) => allocation.NodeID.toLowerCase(),
    taken: (allocation) => (isTerminalAllocation(allocation) ? undefined : usageOf(allocation)),
  },
};
