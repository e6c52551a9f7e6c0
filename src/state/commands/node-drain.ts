import { type Dictionary, dictionary, formatRfc3339, instantOf } from "../../base/index.ts";
import { type DrainMetadata, type DrainStrategy, type Evaluation, isDrainOver, type Node } from "../../model/index.ts";
import { command, refused } from "../command.ts";
import { changeNode } from "../rules/node-change.ts";

/**
 * Begins to empty a node, or stops that when `DrainStrategy` is null; then `MarkEligible` lets it take work again.
 * `Evals` are those that this calls for. `IfOver`: the drain has done its work, or else nothing is changed. `Meta` is what
 * people say of the drain; without any, what was said before stays.
 */
export interface NodeDrainRequest {
  readonly NodeID: string;
  readonly DrainStrategy: DrainStrategy | null;
  readonly MarkEligible: boolean;
  readonly Evals: readonly Evaluation[];
  readonly IfOver?: boolean;
  readonly Meta?: Readonly<Dictionary<string>>;
}

export const nodeDrain = command<NodeDrainRequest>({
  number: 3,
  name: "node drain",
  apply(write, request, context) {
    return changeNode(write, request, context, (node) => {
      const isOver = () => isDrainOver(node, write.allocations.by("node", node.ID.toLowerCase()), context.at);
      if (request.IfOver === true && !isOver()) return refused("the drain is not over");
      return {
        fields: {
          Drain: request.DrainStrategy !== null,
          DrainStrategy: request.DrainStrategy,
          SchedulingEligibility: eligibilityAfter(node, request),
          LastDrain: lastDrain(node, request, formatRfc3339(instantOf(context.at))),
        },
        event: eventOf(node, request),
      };
    });
  },
});

function eligibilityAfter(node: Node, request: NodeDrainRequest): string {
  if (request.DrainStrategy !== null) return "ineligible";
  return request.MarkEligible ? "eligible" : node.SchedulingEligibility;
}

function lastDrain(node: Node, request: NodeDrainRequest, now: string): DrainMetadata | null {
  const { DrainStrategy, IfOver, Meta = {} } = request;
  if (DrainStrategy === null && !node.Drain) return node.LastDrain;
  // A drain of before this was kept has none.
  const before = node.Drain ? node.LastDrain : null;
  const ended = IfOver === true ? "complete" : "canceled";
  return {
    StartedAt: before?.StartedAt ?? DrainStrategy?.StartedAt ?? now,
    UpdatedAt: now,
    Status: DrainStrategy === null ? ended : "draining",
    AccessorID: "",
    Meta: dictionary(Object.entries(Object.keys(Meta).length > 0 ? Meta : (before?.Meta ?? {}))),
  };
}

function eventOf(node: Node, { DrainStrategy, IfOver }: NodeDrainRequest) {
  if (IfOver === true) return { Message: "Node drain complete", Subsystem: "Drain" };
  if (DrainStrategy === null) return node.Drain ? { Message: "Node drain disabled", Subsystem: "Drain" } : undefined;
  if (node.Drain) return { Message: "Node drain strategy updated", Subsystem: "Drain" };
  return { Message: "Node drain strategy set", Subsystem: "Drain" };
}
