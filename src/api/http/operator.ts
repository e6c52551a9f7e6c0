import type { Query } from "./query.ts";
import { Refusal } from "./refusal.ts";
import { route } from "./route.ts";

export const raftConfiguration = route({
  verbs: ["GET"],
  path: "/v1/operator/raft/configuration",
  asks: "getRaftConfiguration",
  tells: "freshness",
  ask: () => ({}),
  show: ({ reply: { Servers }, index }) => ({ Servers, Index: index }),
});

export const removeRaftPeer = route({
  verbs: ["DELETE"],
  path: "/v1/operator/raft/peer",
  asks: "removeRaftPeer",
  tells: "nothing",
  ask: ({ query }) => onePeer(query),
  show: () => undefined,
});

export const transferLeadership = route({
  verbs: ["PUT", "POST"],
  path: "/v1/operator/raft/transfer-leadership",
  asks: "transferLeadership",
  tells: "index",
  ask: ({ query }) => onePeer(query),
  show: ({ reply: { From, To, Noop } }) => ({ From, To, Noop, Err: null }),
});

/** The server that the query names, in one way. */
function onePeer(query: Query): { readonly ID: string; readonly Address: string } {
  const [ID, Address] = [query.get("id") ?? "", query.get("address") ?? ""];
  if (ID === "" && Address === "") throw new Refusal(400, "Name a server: ?id=<its ID> or ?address=<ip:port>");
  if (ID !== "" && Address !== "") throw new Refusal(400, "Name a server by ?id or by ?address, not by both");
  return { ID, Address };
}
