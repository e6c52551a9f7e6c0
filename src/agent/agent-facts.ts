import type { Client } from "../client/index.ts";
import type { AgentFacts, MetricsFacts } from "../http/index.ts";
import { member } from "../model/index.ts";
import type { Server } from "../server/index.ts";
import type { AgentConfig } from "./config/agent-config.ts";
import { shownSettings } from "./config/shown-settings.ts";

/** The parts of an agent, as far as they are up. */
export interface AgentParts {
  readonly server?: Server;
  readonly client?: Client;
}

/** What others measure in the agent. */
export interface AgentMeasures {
  /** The `runtime` section of `agent-info`. */
  readonly runtimeStatistics: () => Readonly<Record<string, string>>;
  readonly metrics?: MetricsFacts;
}

/** What the HTTP API asks about the agent itself; parts that are not up yet are not there. */
export function agentFacts(
  config: AgentConfig,
  parts: AgentParts,
  { runtimeStatistics, metrics }: AgentMeasures,
): AgentFacts {
  return {
    name: config.name,
    region: config.region,
    datacenter: config.datacenter,
    self: () => ({
      config: shownSettings(config.settings),
      member: parts.server?.membership.members()[0] ?? member.parse({ Status: "none" }),
      stats: {
        ...parts.server?.statistics(),
        ...(parts.client && { client: parts.client.stats() }),
        runtime: runtimeStatistics(),
      },
    }),
    metrics,
    get server() {
      return parts.server?.membership;
    },
    get client() {
      const { client } = parts;
      if (client === undefined) return undefined;
      return {
        nodeID: client.nodeID,
        endpoints: client.endpoints,
        servers: () => client.knownServers(),
        addServers: async (addresses: readonly string[]) => client.addServers(addresses),
      };
    },
  };
}
