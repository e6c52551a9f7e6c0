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
  updateNodeEligibility,
  updateNodeStatus,
} from "../../api/index.ts";
import { type Dictionary, dictionary, formatRfc3339, type Instant, later, nanoseconds } from "../../base/index.ts";
import {
  completeAllocation,
  type DrainSpec,
  type DrainStrategy,
  type Evaluation,
  type NodeListStub,
  nodeStubOf,
} from "../../model/index.ts";
import { evaluationsUpdate, nodeDeregister, nodeDrain, nodeEligibility } from "../../state/index.ts";
import { decodeMsgpack, encodeMsgpack } from "../../wire/index.ts";
import { AssignedAllocations } from "../assigned-allocations.ts";
import { crowdedEndpoint, type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { KeptList } from "../kept-list.ts";
import { changeWithEvaluations, nodeEvaluations } from "../node-evaluations.ts";
import { fullID, idPrefix, newest } from "./lookup.ts";
import { existingNode, nodeReply, register, updateStatus, withServers } from "./node-heartbeat.ts";

/** A drain switched on without further words stops everything at once, and goes on until it is switched off. */
const drainAtOnce: DrainStrategy = { Deadline: -1e9, IgnoreSystemJobs: false, ForceDeadline: null, StartedAt: null };

/** What clients and users ask about nodes. */
export function nodeEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state, leadership } = context;
  const { random, clock } = context.runtime;
  const assigned = new AssignedAllocations(state);
  const allNodes = new KeptList<NodeListStub>();
  return [
    endpoint(registerNode, async ({ request }) => register(context, request.Node)),
    endpoint(updateNodeStatus, async ({ request }) => updateStatus(context, request.NodeID, request.Status)),
    endpoint(deregisterNode, async ({ request: { NodeID } }) => {
      const { ID } = existingNode(context, NodeID);
      const changed = await changeWithEvaluations({ state, random }, ID, (Evals) =>
        state.propose(nodeDeregister, { NodeID: ID, Evals }),
      );
      leadership.leader.heartbeats.forget(ID);
      return { reply: nodeReply(changed), index: changed.index };
    }),
    endpoint(updateNodeDrain, async ({ request: { NodeID, Drain, Update } }) => {
      const { ID, Drain: drains } = existingNode(context, NodeID);
      if (Update === null && drains === Drain)
        return { reply: { ...(await evaluated(context, ID)), NodeModifyIndex: 0 }, index: 0 };
      const { index, Evals } = await changeWithEvaluations({ state, random }, ID, (calledFor) =>
        state.propose(nodeDrain, {
          NodeID: ID,
          DrainStrategy:
            Update === null ? (Drain ? drainAtOnce : null) : strategyOf(Update.DrainSpec, clock.wallTime()),
          MarkEligible: Update === null || Update.MarkEligible,
          Evals: calledFor,
          Meta: Update?.Meta ?? dictionary(),
        }),
      );
      const EvalIDs = Evals.map((evaluation) => evaluation.ID);
      return { reply: { EvalIDs, EvalCreateIndex: Evals.length > 0 ? index : 0, NodeModifyIndex: index }, index };
    }),
    endpoint(updateNodeEligibility, async ({ request: { NodeID, Eligibility } }) => {
      if (Eligibility !== "eligible" && Eligibility !== "ineligible") {
        throw new RpcError(`invalid scheduling eligibility ${JSON.stringify(Eligibility)}`, { code: 400 });
      }
      const { ID, SchedulingEligibility } = existingNode(context, NodeID);
      const change = (Evals: readonly Evaluation[]) =>
        state.propose(nodeEligibility, { NodeID: ID, Eligibility, Evals });
      // A node that takes work again is of use to jobs that wait for one; what runs on one that takes none stays.
      const opens = Eligibility === "eligible" && SchedulingEligibility !== "eligible";
      const { index, Evals } = opens
        ? await changeWithEvaluations({ state, random }, ID, change)
        : { index: (await change([])).index, Evals: [] };
      const EvalIDs = Evals.map((evaluation) => evaluation.ID);
      return { reply: { EvalIDs, EvalCreateIndex: Evals.length > 0 ? index : 0, NodeModifyIndex: index }, index };
    }),
    endpoint(evaluateNode, async ({ request }) => {
      const { EvalIDs, EvalCreateIndex } = await evaluated(context, existingNode(context, request.NodeID).ID);
      const nothing = nodeReply({ index: 0, Evals: [] });
      return { reply: withServers(context, { ...nothing, EvalIDs, EvalCreateIndex }), index: EvalCreateIndex };
    }),
    endpoint(updateAllocations, async ({ request }) => {
      if (request.Alloc.length === 0) throw new RpcError("must update at least one allocation");
      return { reply: {}, index: await leadership.leader.reports.add(request.Alloc) };
    }),
    readEndpoint(context, listNodes, (view, { options }) => {
      const prefix = idPrefix("node", options.prefix);
      const made = () => [...view.nodes.withPrefix(prefix)].map(nodeStubOf);
      const Nodes = prefix === "" ? allNodes.of([view.nodes], made) : made();
      return { result: { Nodes }, index: view.nodes.lastIndex };
    }),
    readEndpoint(context, getNode, (view, { request }) => {
      if (request.NodeID === "") throw new RpcError("missing node ID");
      const found = view.nodes.get(fullID("node", request.NodeID));
      return { result: { Node: found ?? null }, index: found?.ModifyIndex ?? view.nodes.lastIndex };
    }),
    readEndpoint(context, getNodeAllocations, (view, { request }) => {
      if (request.NodeID === "") throw new RpcError("missing node ID");
      const found = [...view.allocations.by("node", request.NodeID.toLowerCase())];
      const index = newest(found, Math.max(1, view.allocations.lastIndex));
      return { result: { Allocs: found.map(completeAllocation) }, index };
    }),
    crowdedEndpoint(
      context,
      getClientAllocations,
      (view, { request }) => {
        if (request.NodeID === "") throw new RpcError("missing node ID");
        const { pairs, newest } = assigned.of(request.NodeID.toLowerCase(), view);
        // What a node says of its allocations is no news to itself. (Nomad 0.4.1 counts that too, so that each report is
        // answered with all that the node knows.)
        return { result: { Allocs: pairs }, index: newest > 0 ? newest : Math.max(1, view.allocations.lastIndex) };
      },
      ({ Allocs }) => ({ Allocs: decodeMsgpack(encodeMsgpack(Allocs)) as Dictionary<number> }),
    ),
  ];
}

function strategyOf(spec: DrainSpec | null, now: Instant): DrainStrategy | null {
  if (spec === null) return null;
  const ForceDeadline = spec.Deadline > 0 ? formatRfc3339(later(now, nanoseconds(spec.Deadline))) : null;
  return { ...spec, ForceDeadline, StartedAt: formatRfc3339(now) };
}

/** Has all jobs looked at that have to do with a node; without any, nothing is logged. */
async function evaluated({ state, runtime }: ServerContext, nodeID: string) {
  const view = state.view();
  const nodeModifyIndex = view.nodes.get(nodeID)?.ModifyIndex ?? 0;
  const Evals = nodeEvaluations(view, nodeID, { random: runtime.random, nodeModifyIndex });
  const EvalCreateIndex = Evals.length > 0 ? (await state.propose(evaluationsUpdate, { Evals })).index : 0;
  return { EvalIDs: Evals.map((evaluation) => evaluation.ID), EvalCreateIndex };
}
