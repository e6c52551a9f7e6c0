import type { Evaluation } from "../../model/index.ts";
import { command, refused } from "../command.ts";
import { changeNode } from "../rules/node-change.ts";

/** Whether a node may be given new work: `eligible` or `ineligible`. `Evals` are those that this calls for. */
export interface NodeEligibilityRequest {
  readonly NodeID: string;
  readonly Eligibility: string;
  readonly Evals: readonly Evaluation[];
}

export const nodeEligibility = command<NodeEligibilityRequest>({
  number: 11,
  name: "node eligibility",
  apply(write, request, context) {
    return changeNode(write, request, context, (node) => {
      if (node.Drain && request.Eligibility === "eligible") {
        return refused("can not set node's scheduling eligibility to eligible while it is draining");
      }
      const Message = `Node marked as ${request.Eligibility} for scheduling`;
      const changed = node.SchedulingEligibility !== request.Eligibility;
      return {
        fields: { SchedulingEligibility: request.Eligibility },
        event: changed ? { Message, Subsystem: "Cluster" } : undefined,
      };
    });
  },
});
