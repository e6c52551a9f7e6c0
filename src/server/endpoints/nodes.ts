import {
  deregisterNode,
  evaluateNode,
  getClientAllocations,
  getNode,
  getNodeAllocations,
  listNodes,
  RpcError,
  registerNode,
  updateAllocations,
  updateNodeDrain,
  updateNodeStatus,
} from "../../api/index.ts";
import { dictionary } from "../../base/index.ts";
import {
  completeAllocation,
  computedClass,
  type DrainStrategy,
  type Evaluation,
  type Node,
  type NodeID,
  nodeStubOf,
} from "../../model/index.ts";
import { evaluationsUpdate, nodeDeregister, nodeDrain, nodeRegister, nodeStatus } from "../../state/index.ts";
import { type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { nodeEvaluations } from "../node-evaluations.ts";
import { AllocationUpdates } from "./allocation-updates.ts";
import { fullID, idPrefix, newest } from "./lookup.ts";

/** A drain switched on without further words stops everything at once. */
const drainAtOnce: DrainStrategy = { Deadline: -1e9, IgnoreSystemJobs: false, ForceDeadline: null, StartedAt: null };
const statuses = new Set(["initializing", "ready", "down", "disconnected"]);

/** What clients and users ask about nodes. */
export function nodeEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state } = context;
  const updates = new AllocationUpdates(context);
  return [
    endpoint(registerNode, async ({ request }) => register(context, request.Node)),
    endpoint(updateNodeStatus, async ({ request }) => updateStatus(context, request.NodeID, request.Status)),
    endpoint(deregisterNode, async ({ request: { NodeID } }) => {
      const found = existing(context, NodeID);
      const Evals = evaluationsFor(context, found.ID);
      const { index } = await state.propose(nodeDeregister, { NodeID: found.ID, Evals });
      context.leadership.leader.heartbeats.forget(found.ID);
      return { reply: nodeReply(context, { Evals, index, ttl: 0, withServers: false }), index };
    }),
    endpoint(updateNodeDrain, async ({ request }) => {
      const found = existing(context, request.NodeID);
      const Evals = evaluationsFor(context, found.ID);
      const DrainStrategy = request.Drain ? drainAtOnce : null;
      const { index } = await state.propose(nodeDrain, { NodeID: found.ID, DrainStrategy, MarkEligible: true, Evals });
      const EvalIDs = Evals.map((evaluation) => evaluation.ID);
      return { reply: { EvalIDs, EvalCreateIndex: Evals.length > 0 ? index : 0, NodeModifyIndex: index }, index };
    }),
    endpoint(evaluateNode, async ({ request }) => {
      const found = existing(context, request.NodeID);
      const Evals = evaluationsFor(context, found.ID);
      const { index } =
        Evals.length > 0 ? await state.propose(evaluationsUpdate, { Evals }) : { index: found.ModifyIndex };
      return { reply: nodeReply(context, { Evals, index, ttl: 0, withServers: false }), index };
    }),
    endpoint(updateAllocations, async ({ request }) => {
      if (request.Alloc.length === 0) throw new RpcError("must update at least one allocation");
      return { reply: {}, index: await updates.add(request.Alloc) };
    }),
    readEndpoint(context, listNodes, (view, { options }) => {
      const nodes = view.nodes.withPrefix(idPrefix("node", options.prefix));
      return { result: { Nodes: [...nodes].map(nodeStubOf) }, index: view.nodes.lastIndex };
    }),
    readEndpoint(context, getNode, (view, { request }) => {
      if (request.NodeID === "") throw new RpcError("missing node ID");
      const found = view.nodes.get(fullID("node", request.NodeID));
      return { result: { Node: found ?? null }, index: found?.ModifyIndex ?? view.nodes.lastIndex };
    }),
    readEndpoint(context, getNodeAllocations, (view, { request }) => {
      if (request.NodeID === "") throw new RpcError("missing node ID");
      const Allocs = [...view.allocations.by("node", request.NodeID.toLowerCase())];
      const index = newest(Allocs, Math.max(1, view.allocations.lastIndex));
      return { result: { Allocs: Allocs.map(completeAllocation) }, index };
    }),
    readEndpoint(context, getClientAllocations, (view, { request }) => {
      if (request.NodeID === "") throw new RpcError("missing node ID");
      const found = [...view.allocations.by("node", request.NodeID.toLowerCase())];
      const Allocs = dictionary(found.map((allocation) => [allocation.ID, allocation.AllocModifyIndex] as const));
      return { result: { Allocs }, index: newest(found, Math.max(1, view.allocations.lastIndex)) };
    }),
  ];
}

async function register(context: ServerContext, given: Node | null) {
  if (given === null) throw new RpcError("missing node for client registration");
  if (given.ID === "") throw new RpcError("missing node ID for client registration");
  if (given.Datacenter === "") throw new RpcError("missing datacenter for client registration");
  if (given.Name === "") throw new RpcError("missing node name for client registration");
  const Status = given.Status === "" ? "initializing" : given.Status;
  if (!statuses.has(Status)) throw new RpcError("invalid status for node");
  const Node: Node = { ...given, ID: fullID("node", given.ID), Status, ComputedClass: computedClass(given) };
  const before = context.state.view().nodes.get(Node.ID);
  const Evals = callsForEvaluations(before?.Status, Status) ? evaluationsFor(context, Node.ID) : [];
  const { index } = await context.state.propose(nodeRegister, { Node, Evals });
  const ttl = Status === "down" ? 0 : context.leadership.leader.heartbeats.heardFrom(Node.ID);
  return { reply: nodeReply(context, { Evals, index, ttl, withServers: true }), index };
}

/** The heartbeat. Only a change of status goes through the log. */
async function updateStatus(context: ServerContext, id: NodeID, status: string) {
  if (id === "") throw new RpcError("missing node ID for client status update");
  if (!statuses.has(status)) throw new RpcError("invalid status for node");
  const before = existing(context, id);
  let index = 0;
  let Evals: Evaluation[] = [];
  if (before.Status !== status) {
    if (callsForEvaluations(before.Status, status)) Evals = evaluationsFor(context, before.ID);
    ({ index } = await context.state.propose(nodeStatus, { NodeID: before.ID, Status: status, Evals }));
  }
  const { heartbeats } = context.leadership.leader;
  if (status === "down") heartbeats.forget(before.ID);
  const ttl = status === "down" ? 0 : heartbeats.heardFrom(before.ID);
  return { reply: nodeReply(context, { Evals, index, ttl, withServers: true }), index };
}

/** A node that goes down, or comes to be ready, changes what may run where. */
function callsForEvaluations(before: string | undefined, after: string): boolean {
  return after === "down" || (after === "ready" && before !== "ready");
}

function existing(context: ServerContext, id: NodeID): Node {
  if (id === "") throw new RpcError("missing node ID");
  const found = context.state.view().nodes.get(fullID("node", id));
  if (found === undefined) throw new RpcError("node not found", { code: 404 });
  return found;
}

function evaluationsFor(context: ServerContext, id: NodeID): Evaluation[] {
  const view = context.state.view();
  return nodeEvaluations(view, id, { random: context.runtime.random, nodeModifyIndex: view.index });
}

function nodeReply(
  context: ServerContext,
  changed: {
    readonly Evals: readonly Evaluation[];
    readonly index: number;
    readonly ttl: number;
    readonly withServers: boolean;
  },
) {
  const servers = context.membership.members().map((member) => ({
    RPCAdvertiseAddr: `${member.Addr}:${member.Tags.port ?? ""}`,
    RPCMajorVersion: 1,
    RPCMinorVersion: 1,
    Datacenter: member.Tags.dc ?? "",
  }));
  return {
    HeartbeatTTL: changed.ttl,
    EvalIDs: changed.Evals.map((evaluation) => evaluation.ID),
    EvalCreateIndex: changed.Evals.length > 0 ? changed.index : 0,
    NodeModifyIndex: changed.index,
    LeaderRPCAddr: changed.withServers ? context.leaderAddress() : "",
    NumNodes: changed.withServers ? context.state.view().nodes.size : 0,
    Servers: changed.withServers ? servers : [],
  };
}
