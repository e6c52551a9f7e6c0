import { getLeader, type localRoutes, type Query, Refusal } from "../api/index.ts";
import { parseGossipKey } from "../model/index.ts";
import { prometheusType } from "../runtime/index.ts";
import type { AgentFacts, GossipKeyReport, GossipKeyring } from "./agent-facts.ts";
import type { HttpAnswer } from "./answer.ts";
import { readJSONBody } from "./body.ts";
import type { Asked, Handler, HttpContext } from "./http-context.ts";

type AgentPath = Extract<
  keyof typeof localRoutes,
  | "agentSelf"
  | "agentMembers"
  | "agentServers"
  | "addAgentServers"
  | "joinServers"
  | "forceLeave"
  | "agentHealth"
  | "agentMetrics"
  | KeyringPath
>;

type KeyringPath = "gossipKeys" | "installGossipKey" | "useGossipKey" | "removeGossipKey";

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
    agentMetrics: ({ query }) => metricsOf(agent, query),
    ...keyringHandlers(context),
  };
}

/** Answers about the keys that servers gossip with. */
function keyringHandlers(context: HttpContext): Readonly<Record<KeyringPath, Handler>> {
  const changing =
    (change: (keys: GossipKeyring, key: Uint8Array) => Promise<GossipKeyReport>): Handler =>
    async (asked) => {
      const keys = keysOf(context.agent);
      return reported(await change(keys, await keyIn(context, asked)));
    };
  return {
    gossipKeys: async () => reported(await keysOf(context.agent).list()),
    installGossipKey: changing((keys, key) => keys.install(key)),
    useGossipKey: changing((keys, key) => keys.use(key)),
    removeGossipKey: changing((keys, key) => keys.remove(key)),
  };
}

function keysOf(agent: AgentFacts): GossipKeyring {
  const { keys } = serverOf(agent);
  if (keys !== undefined) return keys;
  throw new Refusal(500, 'gossip is not encrypted: start all servers with "encrypt" in their server block');
}

async function keyIn(
  { clock, settings, bodies: budget }: HttpContext,
  { request, signal }: Asked,
): Promise<Uint8Array> {
  const options = { clock, maxBytes: settings.maxBodyBytes, budget, signal };
  const body = (await readJSONBody(request, options)).value as { Key?: unknown };
  const parsed =
    typeof body?.Key === "string" ? parseGossipKey(body.Key) : ({ ok: false, reason: "none is given" } as const);
  if (!parsed.ok) throw new Refusal(400, `Invalid gossip key: ${parsed.reason}`);
  return parsed.key;
}

/** A change that some servers have not made is a failure, told with what each of them says. */
function reported({ members, answers, problems, keys }: GossipKeyReport): HttpAnswer {
  if (problems.size > 0) {
    const said = [...problems].map(([name, problem]) => `${name}: ${problem}`).join("; ");
    throw new Refusal(500, `${problems.size}/${members} nodes reported failure: ${said}`);
  }
  if (answers < members) throw new Refusal(500, `${answers}/${members} nodes reported success`);
  return json({ Messages: {}, Keys: Object.fromEntries(keys), NumNodes: members });
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

async function metricsOf({ metrics }: AgentFacts, query: Query): Promise<HttpAnswer> {
  if (metrics === undefined) throw new Refusal(501, "Invalid method");
  if (query.get("format") !== "prometheus") return json(await metrics.summary());
  if (metrics.prometheus === undefined) throw new Refusal(415, "Prometheus is not enabled");
  return { kind: "pieces", pieces: each(await metrics.prometheus()), type: prometheusType };
}

async function* each(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

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
