import { allocation, node, nodeListStub } from "../../model/index.ts";
import { flag, listOf, nanosecondCount, struct, text, whole } from "../../wire/index.ts";
import type * as nodeRoutes from "../http/nodes.ts";
import { boolean, type Descriptions } from "./description.ts";

const changed = { EvalIDs: listOf(text), EvalCreateIndex: whole, NodeModifyIndex: whole, Index: whole };
const freshness = { KnownLeader: flag, LastContact: whole };

const server = struct({ RPCAdvertiseAddr: text, RPCMajorVersion: whole, RPCMinorVersion: whole, Datacenter: text });

export const nodes: Descriptions<typeof nodeRoutes> = {
  listNodes: { summary: "List nodes", takesPrefix: true, answers: listOf(nodeListStub) },
  getNode: { summary: "Read a node", details: "Without its secret: `SecretID` is empty.", answers: node },
  getNodeAllocations: {
    summary: "List the allocations of a node",
    details: "Whole, each with its job.",
    answers: listOf(allocation),
  },
  evaluateNode: {
    summary: "Look at all jobs of a node again",
    answers: struct({
      ...changed,
      ...freshness,
      HeartbeatTTL: nanosecondCount,
      LeaderRPCAddr: text,
      NumNodes: whole,
      Servers: listOf(server),
    }),
  },
  updateNodeEligibility: {
    summary: "Say whether a node may be given new work",
    details: "`Eligibility` is `eligible` or `ineligible`. What the node runs stays. `NodeID` may be left out.",
    answers: struct(changed),
  },
  updateNodeDrain: {
    summary: "Begin or end draining a node",
    details: "A node that drains gets no new work, and what it runs is placed elsewhere.",
    query: { enable: { says: "whether the node is to drain", form: boolean, isRequired: true } },
    answers: struct({ ...changed, ...freshness }),
  },
};
