import { allocation, drainSpec, node, nodeListStub } from "../../model/index.ts";
import { flag, listOf, mapOf, nanosecondCount, optional, partOf, struct, text, whole } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

const serverInfo = struct({ RPCAdvertiseAddr: text, RPCMajorVersion: whole, RPCMinorVersion: whole, Datacenter: text });

/** What a node learns from every registration and heartbeat; `HeartbeatTTL` in nanoseconds. */
const nodeUpdate = struct({
  HeartbeatTTL: nanosecondCount,
  EvalIDs: listOf(text),
  EvalCreateIndex: whole,
  NodeModifyIndex: whole,
  LeaderRPCAddr: text,
  NumNodes: whole,
  Servers: listOf(serverInfo),
});

export const registerNode = rpcMethod({
  name: "Node.Register",
  request: struct({ Node: optional(node) }),
  reply: nodeUpdate,
  answeredBy: "leader",
  access: "write",
});

export const deregisterNode = rpcMethod({
  name: "Node.Deregister",
  request: struct({ NodeID: text }),
  reply: nodeUpdate,
  answeredBy: "leader",
  access: "write",
});

/** The heartbeat: a node says which status it has, and that it lives. */
export const updateNodeStatus = rpcMethod({
  name: "Node.UpdateStatus",
  request: struct({ NodeID: text, Status: text }),
  reply: nodeUpdate,
  answeredBy: "leader",
  access: "write",
});

/** How a drain begins, or ends if `DrainSpec` is null; `MarkEligible` says whether the node then takes work again. */
const drainUpdate = struct({
  NodeID: text,
  DrainSpec: optional(drainSpec),
  MarkEligible: flag,
  Meta: mapOf(text),
});

/** Says either `Drain` alone, as programs of 0.4.1 do, or `Update`. */
export const updateNodeDrain = rpcMethod({
  name: "Node.UpdateDrain",
  request: struct({ NodeID: text, Drain: flag, Update: optional(drainUpdate) }),
  reply: struct({ EvalIDs: listOf(text), EvalCreateIndex: whole, NodeModifyIndex: whole }),
  answeredBy: "leader",
  access: "write",
});

/** Whether a node may be given new work: `eligible` or `ineligible`. What it runs stays. */
export const updateNodeEligibility = rpcMethod({
  name: "Node.UpdateEligibility",
  request: struct({ NodeID: text, Eligibility: text }),
  reply: struct({ EvalIDs: listOf(text), EvalCreateIndex: whole, NodeModifyIndex: whole }),
  answeredBy: "leader",
  access: "write",
});

export const evaluateNode = rpcMethod({
  name: "Node.Evaluate",
  request: struct({ NodeID: text }),
  reply: nodeUpdate,
  answeredBy: "leader",
  access: "write",
});

export const getNode = rpcMethod({
  name: "Node.GetNode",
  request: struct({ NodeID: text }),
  reply: struct({ Node: optional(node) }),
  answeredBy: "leader",
  access: "read",
});

export const listNodes = rpcMethod({
  name: "Node.List",
  request: struct({}),
  reply: struct({ Nodes: listOf(nodeListStub) }),
  answeredBy: "leader",
  access: "read",
});

export const getNodeAllocations = rpcMethod({
  name: "Node.GetAllocs",
  request: struct({ NodeID: text }),
  reply: struct({ Allocs: listOf(allocation) }),
  answeredBy: "leader",
  access: "read",
});

/** Which allocations a node should hold, each with the index of its last change by the servers. */
export const getClientAllocations = rpcMethod({
  name: "Node.GetClientAllocs",
  request: struct({ NodeID: text }),
  reply: struct({ Allocs: mapOf(whole) }),
  answeredBy: "leader",
  access: "read",
});

/** What a node says of an allocation: nothing else of it is kept. */
const allocationReport = partOf(allocation, [
  "ID",
  "ClientStatus",
  "ClientDescription",
  "TaskStates",
  "DeploymentStatus",
  "NetworkStatus",
]);

/** A node reports what became of its allocations. */
export const updateAllocations = rpcMethod({
  name: "Node.UpdateAlloc",
  request: struct({ Alloc: listOf(allocationReport) }),
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});
