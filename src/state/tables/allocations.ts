import { type Allocation, isTerminalAllocation, usageOf } from "../../model/index.ts";
import { lowerCaser } from "../lower-case.ts";
import type { TableDeclaration } from "../table.ts";
import { jobKey } from "../view.ts";

/** The key of an allocation by its id. */
export const allocationKey = lowerCaser();
const nodeKey = lowerCaser();
const evaluationKey = lowerCaser();

/** By what allocations are listed. */
export const allocationIndexes = {
  node: (allocation: Allocation) => nodeKey(allocation.NodeID),
  job: (allocation: Allocation) => jobKey(allocation.Namespace, allocation.JobID),
  evaluation: (allocation: Allocation) => evaluationKey(allocation.EvalID),
};

/** Work bound to nodes, by id. `activeJob` is the job of those that are not over. */
export const allocations: TableDeclaration<Allocation, "node" | "job" | "evaluation", "activeJob"> = {
  key: (allocation) => allocationKey(allocation.ID),
  indexes: allocationIndexes,
  counted: {
    activeJob: (allocation) =>
      isTerminalAllocation(allocation) ? undefined : jobKey(allocation.Namespace, allocation.JobID),
  },
  news: {
    assignments: { index: "node", isOld: (before, after) => before.AllocModifyIndex === after.AllocModifyIndex },
  },
  sum: {
    by: allocationIndexes.node,
    taken: (allocation) => (isTerminalAllocation(allocation) ? undefined : usageOf(allocation)),
  },
};
