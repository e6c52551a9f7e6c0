import type { Member } from "../../model/index.ts";
import type { AgentHealth, AgentSelf, JoinResult, ServerMembers } from "./agent-shapes.ts";
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

export const agentHealth = localRoute<AgentHealth>()({ verbs: ["GET"], path: "/v1/agent/health" });
