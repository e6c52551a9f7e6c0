import { listOf, struct, text } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

export const ping = rpcMethod({
  name: "Status.Ping",
  request: struct({}),
  reply: struct({}),
  answeredBy: "any",
  access: "read",
});

/** The leader's RPC address as `ip:port`, or nothing. Needs no leader to be answered. */
export const getLeader = rpcMethod({
  name: "Status.Leader",
  request: struct({}),
  reply: text,
  answeredBy: "any",
  access: "read",
});

/** RPC addresses of the Raft peers. */
export const getPeers = rpcMethod({
  name: "Status.Peers",
  request: struct({}),
  reply: listOf(text),
  answeredBy: "any",
  access: "read",
});

/** Names of the regions this server knows, sorted. */
export const listRegions = rpcMethod({
  name: "Region.List",
  request: struct({}),
  reply: listOf(text),
  answeredBy: "any",
  access: "read",
});

/** Collects everything that is done with, whatever its age. Answers before the work is done. */
export const collectGarbage = rpcMethod({
  name: "System.GarbageCollect",
  request: struct({}),
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

/** Counts every job's allocations anew. */
export const reconcileSummaries = rpcMethod({
  name: "System.ReconcileJobSummaries",
  request: struct({}),
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});
