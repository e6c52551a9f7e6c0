import type { Evaluation } from "../../model/index.ts";
import { command } from "../command.ts";
import { changeNode } from "../rules/node-change.ts";

/** A node became `ready`, `down` or another of its statuses; `Evals` are those that this calls for. */
export interface NodeStatusRequest {
  readonly NodeID: string;
  readonly Status: string;
  readonly Evals: readonly Evaluation[];
}

export const nodeStatus = command<NodeStatusRequest>({
  number: 2,
  name: "node status",
  apply(write, request, context) {
    return changeNode(write, request, context, (node) => ({
      fields: { Status: request.Status, StatusUpdatedAt: Math.floor(context.at / 1e9) },
      event: eventOf(node.Status, request.Status),
    }));
  },
});

function eventOf(before: string, after: string) {
  if (before === after) return undefined;
  if (after === "down") return { Message: "Node heartbeat missed", Subsystem: "Cluster" };
  if (before === "down") return { Message: "Node reregistered by heartbeat", Subsystem: "Cluster" };
  return undefined;
}
