import * as z from "zod";
import { member } from "../../model/index.ts";
import { anything, listOf, mapOf, real, struct, text, whole } from "../../wire/index.ts";
import type * as agentRoutes from "../http/agent.ts";
import type {
  AgentHealth,
  AgentSelf,
  GossipKeys,
  JoinResult,
  MetricsSummary,
  SampledValue,
} from "../http/agent-shapes.ts";
import type * as debugRoutes from "../http/debug.ts";
import type * as openAPIRoutes from "../http/openapi.ts";
import { type Descriptions, text as textForm } from "./description.ts";

const addresses = (says: string) => ({
  address: { says, form: { type: "array", items: textForm }, isRequired: true } as const,
});

const health = z.object({ ok: z.boolean(), message: z.string() });
export const agentHealth: z.ZodType<AgentHealth> = z.object({ client: health.optional(), server: health.optional() });

export const agentSelf: z.ZodType<AgentSelf> = struct({ config: anything, member, stats: mapOf(mapOf(text)) });

export const joinResult: z.ZodType<JoinResult> = struct({ num_joined: whole, error: text });

export const gossipKeys: z.ZodType<GossipKeys> = struct({ Messages: mapOf(text), Keys: mapOf(whole), NumNodes: whole });

/** What names a gossip key. */
export const gossipKey = struct({ Key: text });
const changedKeys = { body: gossipKey, answers: gossipKeys };
const toldWhere = "500, with the names, if some servers have not; 400 for what is no key.";

export const serverMembers = struct({
  ServerName: text,
  ServerRegion: text,
  ServerDC: text,
  Members: listOf(member),
});

const labels = mapOf(text);

export const sampledValue: z.ZodType<SampledValue> = struct({
  Name: text,
  Count: whole,
  Rate: real,
  Sum: real,
  Min: real,
  Max: real,
  Mean: real,
  Stddev: real,
  Labels: labels,
});

export const metricsSummary: z.ZodType<MetricsSummary> = struct({
  Timestamp: text,
  Gauges: listOf(struct({ Name: text, Value: real, Labels: labels })),
  Points: listOf(struct({ Name: text, Points: listOf(real) })),
  Counters: listOf(sampledValue),
  Samples: listOf(sampledValue),
});

export const agent: Descriptions<typeof agentRoutes> = {
  agentSelf: { summary: "Tell of the agent: its configuration, its membership, its figures", answers: agentSelf },
  agentMembers: {
    summary: "List the servers that gossip knows, of all regions",
    details:
      "Programs of 0.4.1 read a list, those of 1.x an object. Which of the two it is, `compat.agent_members` of the agent's configuration says, unless the query does.",
    query: { shape: { says: "which of the two", form: { type: "string", enum: ["list", "object"] } } },
    answers: z.union([listOf(member), serverMembers]),
  },
  agentServers: { summary: "List the servers that the client half of the agent knows", answers: listOf(text) },
  addAgentServers: {
    summary: "Tell the client half of more servers",
    query: addresses("`host:port` of a server; may be said again and again"),
    answers: "nothing",
  },
  joinServers: {
    summary: "Join servers",
    query: addresses("`host:port` of the gossip of a server; may be said again and again"),
    answers: joinResult,
  },
  forceLeave: {
    summary: "Count a failed server as gone",
    details: "Nothing happens if there is none of that name.",
    query: { node: { says: "the name of the server, with its region: `vm.global`", form: textForm, isRequired: true } },
    answers: "nothing",
  },
  agentHealth: {
    summary: "Tell whether the agent is well",
    details: "500, with the same body, if something is not. A half that the agent does not have is absent.",
    answers: agentHealth,
  },
  agentMetrics: {
    summary: "Tell what is measured in the agent",
    details:
      "Of the last ten seconds that are over, and gauges as they are now. With `format=prometheus` a text for Prometheus, if `telemetry` of the agent's configuration switches it on; else 415.",
    query: { format: { says: "for whom", form: { type: "string", enum: ["prometheus"] } } },
    answers: metricsSummary,
  },
  gossipKeys: {
    summary: "List the keys that servers gossip with",
    details: "500 where gossip is not encrypted.",
    answers: gossipKeys,
  },
  installGossipKey: { summary: "Let all servers know a gossip key", details: toldWhere, ...changedKeys },
  useGossipKey: { summary: "Have all servers encrypt with a gossip key", details: toldWhere, ...changedKeys },
  removeGossipKey: { summary: "Have all servers forget a gossip key", details: toldWhere, ...changedKeys },
};

export const openAPI: Descriptions<typeof openAPIRoutes> = {
  openAPI: { summary: "Describe this API", details: "As an OpenAPI 3.1 document.", answers: mapOf(anything) },
};

export const debug: Descriptions<typeof debugRoutes> = {
  debugProfile: {
    summary: "Take a profile of the agent",
    details:
      "Only with `enable_debug`, else 404. `profile` tells where the time goes, `heap` what takes memory, both for Chrome's DevTools; `trace` what is done, event by event; `goroutine` what is under way, `cmdline` " +
      "how the agent was called. One profile at a time: 500 for a second.",
    query: {
      seconds: { says: "for how long: 30 unless said, at most 300; of a trace 1 and 30", form: { type: "number" } },
    },
    answers: { type: "application/octet-stream", says: "the profile or trace; text of the other two" },
  },
};
