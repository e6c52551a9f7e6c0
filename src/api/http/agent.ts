import type { Member } from "../../model/index.ts";
import type { AgentHealth, AgentSelf, GossipKeys, JoinResult, MetricsSummary, ServerMembers } from "./agent-shapes.ts";
import { localRoute } from "./route.ts";

export const agentSelf = localRoute<AgentSelf>()({ verbs: ["GET"], path: "/v1/agent/self" });

/** Older programs read a list, newer ones an object, and their requests are the same: see `shape` in the query. */
export const agentMembers = localRoute<readonly Member[] | ServerMembers>()({
  verbs: ["GET"],
  path: "/v1/agent/members",
});

export const agentServers = localRoute<readonly string[]>()({ verbs: ["GET"], path: "/v1/agent/servers" });

export const addAgentServers = localRoute<undefined>()({ verbs: ["PUT", "POST"], path: "/v1/agent/servers" });

export const joinServers = localRoute<JoinResult>()({ verbs: ["PUT", "POST"], path: "/v1/agent/join" });

export const forceLeave = localRoute<undefined>()({ verbs: ["PUT", "POST"], path: "/v1/agent/force-leave" });

export const gossipKeys = localRoute<GossipKeys>()({ verbs: ["GET"], path: "/v1/agent/keyring/list" });

/** Of these the body names the key, as `{"Key": "…"}`. */
export const installGossipKey = localRoute<GossipKeys>()({
  verbs: ["PUT", "POST"],
  path: "/v1/agent/keyring/install",
});

export const useGossipKey = localRoute<GossipKeys>()({ verbs: ["PUT", "POST"], path: "/v1/agent/keyring/use" });

export const removeGossipKey = localRoute<GossipKeys>()({ verbs: ["PUT", "POST"], path: "/v1/agent/keyring/remove" });

export const agentHealth = localRoute<AgentHealth>()({ verbs: ["GET"], path: "/v1/agent/health" });

/** With `format=prometheus` in the query it is text for Prometheus. */
export const agentMetrics = localRoute<MetricsSummary>()({ verbs: ["GET"], path: "/v1/metrics" });
