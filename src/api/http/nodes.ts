import { booleanIn, type Query } from "./query.ts";
import { Refusal } from "./refusal.ts";
import { route } from "./route.ts";

const byID = ({ path }: { readonly path: { readonly NodeID: string } }) => {
  if (path.NodeID === "") throw new Refusal(500, "missing node ID");
  return { NodeID: path.NodeID };
};

export const listNodes = route({
  verbs: ["GET"],
  path: "/v1/nodes",
  asks: "listNodes",
  tells: "freshness",
  ask: () => ({}),
  show: ({ reply }) => reply.Nodes,
});

/** The node without its secret. */
export const getNode = route({
  verbs: ["GET"],
  path: "/v1/node/{NodeID}",
  asks: "getNode",
  tells: "freshness",
  missing: "node not found",
  ask: byID,
  show: ({ reply }) => (reply.Node === null ? undefined : { ...reply.Node, SecretID: "" }),
});

export const getNodeAllocations = route({
  verbs: ["GET"],
  path: "/v1/node/{NodeID}/allocations",
  asks: "getNodeAllocations",
  tells: "freshness",
  ask: byID,
  show: ({ reply }) => reply.Allocs,
});

export const evaluateNode = route({
  verbs: ["PUT", "POST"],
  path: "/v1/node/{NodeID}/evaluate",
  asks: "evaluateNode",
  tells: "index",
  ask: byID,
  show: ({ reply, index }) => ({ ...reply, Index: index, KnownLeader: false, LastContact: 0 }),
});

export const updateNodeEligibility = route({
  verbs: ["PUT", "POST"],
  path: "/v1/node/{NodeID}/eligibility",
  asks: "updateNodeEligibility",
  hasBody: true,
  tells: "index",
  ask: ({ path, body }) => {
    const { NodeID } = byID({ path });
    if (body.NodeID !== "" && body.NodeID !== NodeID) throw new Refusal(400, "Node ID does not match");
    return { ...body, NodeID };
  },
  show: ({ reply, index }) => ({ ...reply, Index: index }),
});

/** By `enable` programs of 0.4.1 are told: those of 1.x send a body. */
const saysEnable = (query: Query) => (query.get("enable") ?? "") !== "";

/** Where both are sent, `enable` counts. */
export const updateNodeDrain = route({
  verbs: ["PUT", "POST"],
  path: "/v1/node/{NodeID}/drain",
  asks: "updateNodeDrain",
  hasBody: (query) => !saysEnable(query),
  bodyIs: "Update",
  missingBody: "missing enable value",
  tells: "index",
  ask: ({ path, query, body }) => {
    const { NodeID } = byID({ path });
    if (saysEnable(query)) return { NodeID, Drain: booleanIn(query, "enable", "invalid enable value"), Update: null };
    const { Update } = body;
    if (Update === null) throw new Refusal(400, "missing enable value");
    if (Update.NodeID !== "" && Update.NodeID !== NodeID) throw new Refusal(400, "Node ID does not match");
    return { NodeID, Drain: Update.DrainSpec !== null, Update };
  },
  show: ({ reply, index }) => ({ ...reply, Index: index, KnownLeader: false, LastContact: 0 }),
});
