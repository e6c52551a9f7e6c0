import type { Evaluation, Node } from "../../model/index.ts";
import { command, done } from "../command.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { settleJobStatuses } from "../rules/job-status.ts";
import { nodeEvent, withEvent } from "../rules/node-events.ts";
import type { Transaction } from "../view.ts";

/** A node says what it is; `Evals` are those that its coming calls for. */
export interface NodeRegisterRequest {
  readonly Node: Node;
  readonly Evals: readonly Evaluation[];
}

/** Whether a node takes work is decided by operators: what is known of that outlasts a registration. */
export const nodeRegister = command<NodeRegisterRequest>({
  number: 0,
  name: "node register",
  apply(write, { Node: node, Evals }, context) {
    const before = write.nodes.get(node.ID.toLowerCase());
    const StatusUpdatedAt = Math.floor(context.at / 1e9);
    const registered = before === undefined ? newNode(write, node, context.at) : known(write, node, before, context.at);
    write.put("nodes", { ...registered, StatusUpdatedAt });
    settleJobStatuses(write, storeEvaluations(write, Evals, context));
    return done;
  },
});

function newNode(write: Transaction, node: Node, at: number): Node {
  return {
    ...node,
    SchedulingEligibility: node.Drain ? "ineligible" : node.SchedulingEligibility || "eligible",
    Events: [nodeEvent({ Message: "Node registered", Subsystem: "Cluster", CreateIndex: 0 }, at)],
    CreateIndex: write.index,
    ModifyIndex: write.index,
  };
}

function known(write: Transaction, node: Node, before: Node, at: number): Node {
  const back = before.Status === "down" && node.Status !== "down";
  const event = { Message: "Node re-registered", Subsystem: "Cluster", CreateIndex: write.index };
  return {
    ...node,
    Drain: before.Drain,
    DrainStrategy: before.DrainStrategy,
    SchedulingEligibility: before.SchedulingEligibility,
    LastDrain: before.LastDrain,
    Events: back ? withEvent(before, nodeEvent(event, at)) : before.Events,
    CreateIndex: before.CreateIndex,
    ModifyIndex: write.index,
  };
}
