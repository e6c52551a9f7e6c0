import { allocation, node, nodeListStub } from "../../model/index.ts";
import { flag, listOf, nanosecondCount, struct, text, whole } from "../../wire/index.ts";
import type * as nodeRoutes from "../http/nodes.ts";
import { boolean, type Descriptions } from "./description.ts";

const changed = { EvalIDs: listOf(text), EvalCreateIndex: whole, NodeModifyIndex: whole, Index: whole };
const freshness = { KnownLeader: flag, LastContact: whole };

const server = struct({ RPCAdvertiseAddr: text, RPCMajorVersion: whole, RPCMinorVersion: whole, Datacenter: text });

export const nodeEvaluation = struct({
  ...changed,
  ...freshness,
  HeartbeatTTL: nanosecondCount,
  LeaderRPCAddr: text,
  NumNodes: whole,
  Servers: listOf(server),
});

export const nodeEligibilityUpdate = struct(changed);

export const nodeDrainUpdate = struct({ ...changed, ...freshness });

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
    answers: nodeEvaluation,
  },
  updateNodeEligibility: {
    summary: "Say whether a node may be given new work",
    details: "`Eligibility` is `eligible` or `ineligible`. What the node runs stays. `NodeID` may be left out.",
    answers: nodeEligibilityUpdate,
  },
  updateNodeDrain: {
    summary: "Begin or end draining a node",
    details:
      "A node that drains gets no new work, and what it runs is placed elsewhere. Say it by `enable`, or by a body; where there are both, `enable` counts. " +
      "With `enable=true` all leave at once, the drain goes on until it is ended, and `enable=false` makes the node eligible. " +
      "A body with a `DrainSpec` begins a drain that ends when nothing is left that must go: the node stays ineligible. Services leave at the pace of their `migrate` blocks, batch jobs may end. " +
      "`Deadline` in nanoseconds is how long that may take: then all leave at once, and what was told to stop is waited for no more. 0 is without end, and below 0 not at all. `IgnoreSystemJobs` leaves system jobs alone. Without a `DrainSpec` the drain is ended; `MarkEligible` then makes the node eligible. " +
      "`NodeID` may be left out. `Meta` is kept in the node's `LastDrain`.",
    query: { enable: { says: "whether the node is to drain", form: boolean } },
    answers: nodeDrainUpdate,
  },
};
