import type { Allocation } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";
import { jobKey } from "../view.ts";

/** Work bound to nodes, by id. */
export const allocations: TableDeclaration<Allocation, "node" | "job" | "evaluation"> = {
  key: (allocation) => allocation.ID.toLowerCase(),
  indexes: {
    node: (allocation) => allocation.NodeID.toLowerCase(),
    job: (allocation) => jobKey(allocation.Namespace, allocation.JobID),
    evaluation: (allocation) => allocation.EvalID.toLowerCase(),
  },
};
