import { getLeader, type localRoutes, type Query, Refusal } from "../api/index.ts";
import type { AgentFacts } from "./agent-facts.ts";
import type { HttpAnswer } from "./answer.ts";
import type { Handler, HttpContext } from "./http-context.ts";

type AgentPath = Extract<
  keyof typeof localRoutes,
  "agentSelf" | "agentMembers" | "agentServers" | "addAgentServers" | "joinServers" | "forceLeave" | "agentHealth"
>;

/** Answers about the agent itself. */
export function agentHandlers(context: HttpContext): Readonly<Record<AgentPath, Handler>> {
  const { agent, settings } = context;
  return {
    agentSelf: async () => json(agent.self()),
    agentMembers: async ({ query }) => {
      const members = serverOf(agent).members();
      const shape = query.get("shape") ?? settings.membersShape;
      if (shape !== "object") return json(members);
      const { name, region, datacenter } = agent;
      return json({ ServerName: name, ServerRegion: region, ServerDC: datacenter, Members: members });
    },
    joinServers: async ({ query }) => {
      const server = serverOf(agent);
      const { joined, error } = await server.join(addressesIn(query, "missing address to join"));
      return json({ num_joined: joined, error });
    },
    forceLeave: async ({ query }) => {
      const server = serverOf(agent);
      const node = query.get("node") ?? "";
      if (node === "") throw new Refusal(400, "missing node to force leave");
      await server.forceLeave(node);
      return { kind: "nothing" };
    },
    agentServers: async () => json(clientOf(agent).servers()),
    addAgentServers: async ({ query }) => {
      const client = clientOf(agent);
      await client.addServers(addressesIn(query, "missing server address"));
      return { kind: "nothing" };
    },
    agentHealth: ({ signal }) => healthOf(context, signal),
  };
}

/** A server is well when it knows a leader, a client when it knows a server. One that is not makes the status 500. */
async function healthOf({ agent, rpc }: HttpContext, signal: AbortSignal): Promise<HttpAnswer> {
  const leader = agent.server === undefined ? "" : (await rpc.call(getLeader, {}, { signal })).reply;
  const server = agent.server && (leader === "" ? ill("No leader") : well);
  const client = agent.client && (agent.client.servers().length === 0 ? ill("no known servers") : well);
  const status = server?.ok === false || client?.ok === false ? 500 : 200;
  return { kind: "json", value: { client, server }, status };
}

const well = { ok: true, message: "ok" };
const ill = (message: string) => ({ ok: false, message });

function serverOf({ server }: AgentFacts) {
  if (server === undefined) throw new Refusal(501, "Invalid method");
  return server;
}

function clientOf({ client }: AgentFacts) {
  if (client === undefined) throw new Refusal(501, "Invalid method");
  return client;
}

function addressesIn(query: Query, missing: string): readonly string[] {
  const addresses = query.getAll("address");
  if (addresses.length === 0) throw new Refusal(400, missing);
  return addresses;
}

function json(value: unknown): HttpAnswer {
  return { kind: "json", value };
}
