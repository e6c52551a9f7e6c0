import type * as z from "zod";
import { RpcError, type updateNodeStatus } from "../../api/index.ts";
import { computedClass, type Evaluation, type Node, type NodeID, type NodeStatus } from "../../model/index.ts";
import { type Applied, nodeRegister, nodeStatus } from "../../state/index.ts";
import type { Said, ServerContext } from "../endpoint.ts";
import { changeWithEvaluations, type NodeChanged } from "../node-evaluations.ts";
import { fullID } from "./lookup.ts";

/** What a node is told whenever it says something. */
export type NodeReply = z.output<typeof updateNodeStatus.reply>;

const statuses: ReadonlySet<string> = new Set<NodeStatus>(["initializing", "ready", "down", "disconnected"]);

/** A node says what it is: at its start, and whenever that changes. */
export async function register(context: ServerContext, given: Node | null): Promise<Said<NodeReply>> {
  if (given === null) throw new RpcError("missing node for client registration");
  if (given.ID === "") throw new RpcError("missing node ID for client registration");
  if (given.Datacenter === "") throw new RpcError("missing datacenter for client registration");
  if (given.Name === "") throw new RpcError("missing node name for client registration");
  const Status = given.Status === "" ? "initializing" : given.Status;
  if (!statuses.has(Status)) throw new RpcError("invalid status for node");
  const Node: Node = { ...given, ID: fullID("node", given.ID), Status, ComputedClass: computedClass(given) };
  const changed = await withCalledFor(context, Node, (Evals) => context.state.propose(nodeRegister, { Node, Evals }));
  return heardFrom(context, Node, changed);
}

/** The heartbeat: a node says which status it has, and that it lives. Only a change goes through the log. */
export async function updateStatus(context: ServerContext, id: NodeID, Status: string): Promise<Said<NodeReply>> {
  if (id === "") throw new RpcError("missing node ID for client status update");
  if (!statuses.has(Status)) throw new RpcError("invalid status for node");
  const before = existingNode(context, id);
  const node = { ID: before.ID, Status };
  if (before.Status === Status) return heardFrom(context, node, { index: 0, Evals: [] });
  const changed = await withCalledFor(context, node, (Evals) =>
    context.state.propose(nodeStatus, { NodeID: node.ID, Status, Evals }),
  );
  return heardFrom(context, node, changed);
}

/** The node, or a refusal: `node not found`. */
export function existingNode(context: ServerContext, id: NodeID): Node {
  if (id === "") throw new RpcError("missing node ID");
  const found = context.state.view().nodes.get(fullID("node", id));
  if (found === undefined) throw new RpcError("node not found", { code: 404 });
  return found;
}

/** What is said of a change of a node, and nothing of the servers. */
export function nodeReply({ index, Evals }: NodeChanged): NodeReply {
  return {
    HeartbeatTTL: 0,
    EvalIDs: Evals.map((evaluation) => evaluation.ID),
    EvalCreateIndex: Evals.length > 0 ? index : 0,
    NodeModifyIndex: index,
    LeaderRPCAddr: "",
    NumNodes: 0,
    Servers: [],
  };
}

/** A reply with what a node should know of the servers of its region. */
export function withServers(context: ServerContext, reply: NodeReply): NodeReply {
  const { config, membership, state } = context;
  const servers = membership
    .members()
    .filter(({ Status, Tags }) => Status === "alive" && Tags.region === config.region);
  return {
    ...reply,
    LeaderRPCAddr: context.leaderAddress(),
    NumNodes: state.view().nodes.size,
    Servers: servers.map(({ Addr, Tags }) => ({
      RPCAdvertiseAddr: `${Addr.includes(":") ? `[${Addr}]` : Addr}:${Tags.port ?? ""}`,
      RPCMajorVersion: 1,
      RPCMinorVersion: 1,
      Datacenter: Tags.dc ?? "",
    })),
  };
}

/** A node that goes down, or comes to be ready, changes what may run where. */
async function withCalledFor(
  { state, runtime }: ServerContext,
  node: Pick<Node, "ID" | "Status">,
  propose: (Evals: readonly Evaluation[]) => Promise<Applied>,
): Promise<NodeChanged> {
  const before = state.view().nodes.get(node.ID)?.Status;
  const callsForEvaluations = node.Status === "down" || (node.Status === "ready" && before !== "ready");
  if (callsForEvaluations) return changeWithEvaluations({ state, random: runtime.random }, node.ID, propose);
  const { index } = await propose([]);
  return { index, Evals: [] };
}

function heardFrom(context: ServerContext, node: Pick<Node, "ID" | "Status">, changed: NodeChanged): Said<NodeReply> {
  const { heartbeats } = context.leadership.leader;
  if (node.Status === "down") heartbeats.forget(node.ID);
  const HeartbeatTTL = node.Status === "down" ? 0 : heartbeats.heardFrom(node.ID);
  return { reply: withServers(context, { ...nodeReply(changed), HeartbeatTTL }), index: changed.index };
}
