import { assert } from "../base/index.ts";
import {
  type ChangeableConfig,
  type Client,
  connectServers,
  type ServerConnections,
  startClient,
} from "../client/index.ts";
import type { ConsulAccess } from "../consul/index.ts";
import type { Driver } from "../drivers/index.ts";
import { type HttpServer, startHttpServer } from "../http/index.ts";
import { type ClusterRuntime, networkCluster, type Server, startServer } from "../server/index.ts";
import { type AgentMeasures, agentFacts } from "./agent-facts.ts";
import type { AgentConfig } from "./config/agent-config.ts";
import { AgentConsul, type ConsulReach } from "./consul/agent-consul.ts";

/** One running agent: a server, a client, or both, behind one HTTP API. */
export interface Agent {
  readonly server: Server | undefined;
  readonly client: Client | undefined;
  /** `host:port` of the HTTP API. */
  readonly httpAddress: string;
  /** Takes over the headers that every HTTP answer carries. Throws an `Error` when one is no header, and changes nothing. */
  setResponseHeaders(headers: Readonly<Record<string, string>>): void;
  /** Takes over what else can change while the agent runs. */
  takeOver(settings: { readonly consul: ConsulAccess; readonly client: ChangeableConfig }): void;
  /**
   * Tells the cluster that this agent goes for good: servers are not waited for, nothing new is placed here, and what
   * runs here is started elsewhere. Resolves when the others know and no task runs here any more.
   */
  leave(): Promise<void>;
  /** Ends everything this agent began, in reverse order; resolves when all of it has. */
  shutdown(): Promise<void>;
}

/** What the process around an agent adds to it. */
export interface AgentSurroundings extends AgentMeasures {
  readonly drivers: readonly Driver<unknown>[];
  /** Undefined where there is no Consul to be looked for. */
  readonly consul?: ConsulReach;
  /** Whether new HTTP requests are to be refused, for want of memory. By default never. */
  readonly isMemoryScarce?: () => boolean;
  /** Called when the agent cannot go on: the process is to end with a failure. */
  readonly fatal: (error: unknown) => void;
}

/** An agent cannot start; the message says which part, and why. What had begun has been ended again. */
export class AgentStartFailed extends Error {
  override readonly name = "AgentStartFailed";
}

/** Puts an agent together. The same function starts it in the real world and in the simulator. */
export async function startAgent(
  config: AgentConfig,
  runtime: ClusterRuntime,
  surroundings: AgentSurroundings,
): Promise<Agent> {
  const parts: RunningParts = {};
  let http: HttpServer;
  try {
    http = await startParts(parts, config, runtime, surroundings);
  } catch (error) {
    await endParts(parts, runtime);
    throw error;
  }
  const { server, client } = parts;
  return {
    server,
    client,
    httpAddress: http.address,
    setResponseHeaders: (headers) => http.setResponseHeaders(headers),
    takeOver: (settings) => {
      parts.consul?.use(settings.consul);
      client?.takeOver(settings.client);
    },
    leave: async () => {
      await client?.leave();
      // A development agent ends its tasks in any case.
      await Promise.all([server?.leave(), config.settings.DevMode ? undefined : client?.idle()]);
    },
    shutdown: async () => {
      await endParts(parts, runtime);
      runtime.log.named("agent").info("shutdown complete");
    },
  };
}

interface RunningParts {
  server?: Server;
  /** How an agent without a server reaches the servers. */
  connections?: ServerConnections;
  http?: HttpServer;
  consul?: AgentConsul;
  client?: Client;
}

/** HTTP opens before the client looks at its machine: it answers at once, whatever a fingerprint takes. */
async function startParts(
  parts: RunningParts,
  config: AgentConfig,
  runtime: ClusterRuntime,
  surroundings: AgentSurroundings,
): Promise<HttpServer> {
  const { rpc, snapshots } = await startAsking(parts, config, runtime, surroundings);
  const http = await starting("Error starting http server", () =>
    startHttpServer(
      runtime,
      { rpc, snapshots, agent: agentFacts(config, parts, surroundings) },
      {
        address: config.httpAddress,
        connectionsPerAddress: config.connectionsPerAddress,
        responseHeaders: config.responseHeaders,
        hosts: config.hosts,
        membersShape: config.membersShape,
        shedsLoad: surroundings.isMemoryScarce,
      },
    ),
  );
  parts.http = http;
  const { consul } = surroundings;
  if (consul !== undefined) parts.consul = new AgentConsul(runtime, config.consul, consul);
  parts.consul?.advertise(parts.server);
  const { client } = config;
  if (client === undefined) return http;
  parts.client = await starting("Error starting agent: client setup failed", () =>
    startClient(client, runtime, rpc, surroundings.drivers, parts.connections?.servers, parts.consul?.consul),
  );
  return http;
}

/** Starts the server, or the way to other agents' servers: whom the HTTP API and the client ask. */
async function startAsking(
  parts: RunningParts,
  { server, client }: AgentConfig,
  runtime: ClusterRuntime,
  surroundings: AgentSurroundings,
): Promise<Pick<ServerConnections, "rpc" | "snapshots">> {
  if (server === undefined) {
    assert(client !== undefined, "an agent is a server or a client");
    parts.connections = connectServers(runtime, client);
    return parts.connections;
  }
  const start = async () => {
    const cluster = server.bootstrap ? undefined : await networkCluster(runtime, server);
    return startServer(runtime, server, surroundings.fatal, cluster);
  };
  const layerAt = (port: number) =>
    server.serfBind.endsWith(`:${port}`) ? "Failed to start serf" : "Failed to start RPC layer";
  parts.server = await starting("Error starting agent: server setup failed", start, layerAt);
  return parts.server;
}

async function endParts(parts: RunningParts, runtime: ClusterRuntime): Promise<void> {
  await parts.http?.close();
  runtime.log.named("agent").info("requesting shutdown");
  await parts.client?.shutdown();
  await parts.consul?.close();
  await parts.connections?.close();
  await parts.server?.close();
}

/** `layerAt` names what listens at a port, in the words users know. */
async function starting<Part>(
  what: string,
  start: () => Promise<Part>,
  layerAt: (port: number) => string = () => "failed to start HTTP listener",
): Promise<Part> {
  try {
    return await start();
  } catch (error) {
    throw new AgentStartFailed(`${what}: ${reasonOf(error, layerAt)}`, { cause: error });
  }
}

/** Why a part did not start; an address that cannot be bound in the words users know, and with what to do. */
function reasonOf(error: unknown, layerAt: (port: number) => string): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port, hostname } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
    readonly hostname?: string;
  };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `no address is known for "${hostname}"; set bind_addr to an address of this machine`;
  }
  if (address === undefined || port === undefined) return error.message;
  const listen = `${layerAt(port)}: listen tcp ${address}:${port}: bind:`;
  if (code === "EADDRINUSE") {
    return `${listen} address already in use; is another agent running? Choose other ports in the configuration`;
  }
  if (code === "EACCES") return `${listen} permission denied; choose a port above 1023, or start the agent as root`;
  if (code === "EADDRNOTAVAIL")
    return `${listen} cannot assign requested address; set bind_addr to one of this machine's`;
  return error.message;
}
