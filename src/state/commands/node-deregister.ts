import type { Evaluation } from "../../model/index.ts";
import { command, done, refused } from "../command.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { settleJobStatuses } from "../rules/job-status.ts";

/** Removes a node; `Evals` are those that its going calls for. */
export interface NodeDeregisterRequest {
  readonly NodeID: string;
  readonly Evals: readonly Evaluation[];
}

export const nodeDeregister = command<NodeDeregisterRequest>({
  number: 1,
  name: "node deregister",
  apply(write, { NodeID, Evals }, context) {
    const key = NodeID.toLowerCase();
    if (write.nodes.get(key) === undefined) return refused("node not found");
    write.delete("nodes", key);
    const evaluations = Evals.map((evaluation) => ({ ...evaluation, NodeModifyIndex: write.index }));
    settleJobStatuses(write, storeEvaluations(write, evaluations, context));
    return done;
  },
});
