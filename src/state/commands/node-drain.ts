import type { DrainStrategy, Evaluation, Node } from "../../model/index.ts";
import { command } from "../command.ts";
import { changeNode } from "../rules/node-change.ts";

/**
 * Begins to empty a node, or stops that when `DrainStrategy` is null; then `MarkEligible` lets it take work again.
 * `Evals` are those that this calls for.
 */
export interface NodeDrainRequest {
  readonly NodeID: string;
  readonly DrainStrategy: DrainStrategy | null;
  readonly MarkEligible: boolean;
  readonly Evals: readonly Evaluation[];
}

export const nodeDrain = command<NodeDrainRequest>({
  number: 3,
  name: "node drain",
  apply(write, request, context) {
    return changeNode(write, request, context, (node) => ({
      fields: {
        Drain: request.DrainStrategy !== null,
        DrainStrategy: request.DrainStrategy,
        SchedulingEligibility: eligibilityAfter(node, request),
      },
      event: eventOf(node, request),
    }));
  },
});

function eligibilityAfter(node: Node, request: NodeDrainRequest): string {
  if (request.DrainStrategy !== null) return "ineligible";
  return request.MarkEligible ? "eligible" : node.SchedulingEligibility;
}

function eventOf(node: Node, { DrainStrategy }: NodeDrainRequest) {
  if (DrainStrategy === null) return node.Drain ? { Message: "Node drain disabled", Subsystem: "Drain" } : undefined;
  if (node.Drain) return { Message: "Node drain strategy updated", Subsystem: "Drain" };
  return { Message: "Node drain strategy set", Subsystem: "Drain" };
}
