import type { Evaluation, Node } from "../../model/index.ts";
import { type CommandContext, type CommandResult, done, refused } from "../command.ts";
import type { Transaction } from "../view.ts";
import { storeEvaluations } from "./evaluations.ts";
import { settleJobStatuses } from "./job-status.ts";
import { nodeEvent, withEvent } from "./node-events.ts";

/** New values of a node's fields, and what people should read about it. */
export interface NodeChange {
  readonly fields: Partial<Node>;
  readonly event: { readonly Message: string; readonly Subsystem: string } | undefined;
}

/** Changes a node and stores the evaluations that the change calls for, all of it or, without the node, nothing. */
export function changeNode(
  write: Transaction,
  { NodeID, Evals }: { readonly NodeID: string; readonly Evals: readonly Evaluation[] },
  context: CommandContext,
  change: (node: Node) => NodeChange | CommandResult,
): CommandResult {
  const node = write.nodes.get(NodeID.toLowerCase());
  if (node === undefined) return refused("node not found");
  const changed = change(node);
  if ("ok" in changed) return changed;
  const event = changed.event && nodeEvent({ ...changed.event, CreateIndex: write.index }, context.at);
  write.put("nodes", {
    ...node,
    ...changed.fields,
    Events: event === undefined ? node.Events : withEvent(node, event),
    ModifyIndex: write.index,
  });
  const evaluations = Evals.map((evaluation) => ({ ...evaluation, NodeModifyIndex: write.index }));
  settleJobStatuses(write, storeEvaluations(write, evaluations, context));
  return done;
}
