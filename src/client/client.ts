import { type ClientEndpoints, type RpcCaller, updateNodeStatus } from "../api/index.ts";
import { milliseconds } from "../base/index.ts";
import type { Consul } from "../consul/index.ts";
import type { Driver } from "../drivers/index.ts";
import type { Node, NodeID } from "../model/index.ts";
import { type Log, pause, type Runtime } from "../runtime/index.ts";
import { Allocations } from "./allocations.ts";
import { Background } from "./background.ts";
import { type ClientDirectories, makeClientDirectories } from "./client-directories.ts";
import type { ChangeableConfig, ClientConfig } from "./config.ts";
import { watchDesiredAllocations } from "./desired-allocations.ts";
import { clientEndpoints } from "./endpoints/client-endpoints.ts";
import { fingerprintDrivers } from "./fingerprint/run-drivers.ts";
import { fingerprintMachine } from "./fingerprint/run-fingerprints.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { clientGauges } from "./gauges.ts";
import { LocalNode } from "./local-node.ts";
import { nodeIdentity } from "./node-identity.ts";
import { Registration } from "./registration.ts";
import { clientPaces } from "./retry-delay.ts";
import { findThroughConsul } from "./servers/find-through-consul.ts";
import { ServerList } from "./servers/server-list.ts";
import type { ClientState } from "./state/client-state.ts";
import { LeftRuns } from "./state/left-runs.ts";
import { type ClientRuntime, openClientState } from "./state/open-state.ts";
import { HostSampler } from "./stats/host-sampler.ts";
import { StatusReports } from "./status-reports.ts";

/** After the start of a client, which has enough to do. */
const untilReadyForTasks = milliseconds(300);

/** A running client: one node of the cluster. */
export interface Client {
  readonly nodeID: NodeID;
  /** The node as this client knows it now: what it last registered, or is about to. */
  node(): Node;
  readonly endpoints: ClientEndpoints;
  /** RPC addresses of the servers, in the order in which they are asked. */
  knownServers(): readonly string[];
  /** Adds servers that the operator names; the next heartbeat's answer says again who they are. */
  addServers(addresses: readonly string[]): void;
  /** Takes over what the operator says anew; the servers hear of it. */
  takeOver(config: ChangeableConfig): void;
  /** The `client` section of `nomad agent-info`. */
  stats(): Readonly<Record<string, string>>;
  /**
   * Tells the servers that this node goes for good: they place nothing new here, and want elsewhere what runs here.
   * Rejects when no server takes it.
   */
  leave(): Promise<void>;
  /** Resolves when no task runs here any more, as servers wish of one that leaves. */
  idle(): Promise<void>;
  /**
   * Stops everything this client began and resolves when it has ended. In dev mode tasks are killed and
   * directories removed; otherwise tasks are left running.
   */
  shutdown(): Promise<void>;
}

/**
 * Starts a client. Resolves once the machine is fingerprinted: registration and all else go on in the background, and
 * so does whatever an earlier agent of the same directories was running. Rejects when the directories cannot be made or
 * a fingerprint fails, with nothing left running.
 *
 * `servers` are those that `rpc` asks, if it asks any by their addresses; the client keeps the list up to date. `consul`
 * is told of the services of tasks.
 */
export async function startClient(
  config: ClientConfig,
  runtime: ClientRuntime,
  rpc: RpcCaller,
  drivers: readonly Driver<unknown>[],
  servers: ServerList = new ServerList(runtime.random, config.datacenter),
  consul?: Consul,
): Promise<Client> {
  const log = runtime.log.named("client");
  const ending = new AbortController();
  const background = new Background(log, ending.signal);
  const directories = await makeClientDirectories(runtime, config);
  let state: ClientState | undefined;
  try {
    state = await openClientState(runtime, directories.state, config);
    const leftRuns = config.dev ? new LeftRuns() : await LeftRuns.find(runtime.disk, directories.supervision);
    const node = new LocalNode(config, await nodeIdentity(runtime, directories.state, config));
    const context = {
      config,
      runtime,
      log: runtime.log,
      allocationDirectory: directories.allocations,
      consul,
      signal: ending.signal,
    };
    await fingerprintMachine(node, context, background);
    const usable = await fingerprintDrivers(drivers, node, context, background);
    const parts = { config, runtime, rpc, servers, consul, node, directories, ending, background, state, leftRuns };
    return run({ ...parts, drivers: usable, allDrivers: drivers });
  } catch (error) {
    ending.abort();
    await background.ended();
    await state?.close();
    await removeTemporary(runtime, directories);
    throw error;
  }
}

interface RunningParts {
  readonly config: ClientConfig;
  readonly runtime: Runtime;
  readonly rpc: RpcCaller;
  readonly servers: ServerList;
  readonly consul: Consul | undefined;
  readonly node: LocalNode;
  /** Those that work here. */
  readonly drivers: ReadonlyMap<string, Driver<unknown>>;
  readonly allDrivers: readonly Driver<unknown>[];
  readonly state: ClientState;
  readonly leftRuns: LeftRuns;
  readonly directories: ClientDirectories;
  readonly ending: AbortController;
  readonly background: Background;
}

function run(parts: RunningParts): Client {
  const { config, runtime, rpc, servers, consul, node, directories, ending, background, state } = parts;
  const log = runtime.log.named("client");
  const paces = clientPaces(config);
  const { signal } = ending;
  const nodeID = node.value.ID;
  const registration = new Registration(runtime, rpc, node, servers, paces);
  const reports = new StatusReports(runtime, rpc, nodeID, paces.reports, (id, report) => state.putReported(id, report));
  const allocations = new Allocations({
    runtime,
    config,
    node: () => node.value,
    drivers: parts.drivers,
    allDrivers: parts.allDrivers,
    state,
    leftRuns: parts.leftRuns,
    consul,
    allocationDirectory: directories.allocations,
    supervisionDirectory: directories.supervision,
    report: ({ ID }, report) => reports.report(ID, report),
  });
  const collector = new GarbageCollector(runtime, allocations, directories.allocations, config.collection);
  const sampler = new HostSampler(runtime, directories.allocations, () => coreMHzOf(node.value));
  const watch = { runtime, rpc, nodeID, allocations, retry: paces.allocations };
  consul?.registrar.ownAs(nodeID);
  allocations.restore();
  const { serverService } = config;
  if (consul !== undefined && serverService !== undefined) {
    const search = { servers, registration, service: serverService };
    background.start("search for servers", () => findThroughConsul(runtime, consul.api, search, signal));
  }
  background.start("registration", () => registration.run(signal));
  background.start("allocations", () => watchDesiredAllocations(watch, signal));
  background.start("status reports", () => reports.run(signal));
  background.start("garbage collection", () => collector.run(signal));
  if ([...parts.drivers.values()].some(({ capabilities }) => capabilities.isSupervised === true)) {
    background.start("making ready for tasks", async () => {
      if (await pause(runtime.clock, untilReadyForTasks, signal)) runtime.processes.expectPrograms();
    });
  }
  background.start("host statistics", () => sampler.run(config.statsInterval, signal));

  let { published } = config;
  const endMeasuring = runtime.metrics.observe(() =>
    clientGauges({ node: node.value, host: sampler.latest, allocations: allocations.measured() }, published),
  );
  const end = async () => {
    log.info("shutting down");
    endMeasuring();
    ending.abort();
    await background.ended();
    if (config.dev) await allocations.destroyAll();
    else await leaveRunning(allocations, log);
    await state.close();
    await removeTemporary(runtime, directories);
  };
  let ended: Promise<void> | undefined;
  return {
    nodeID,
    node: () => node.value,
    endpoints: clientEndpoints(runtime, { allocations, collector, sampler }, signal),
    knownServers: () => servers.addresses(),
    addServers: (addresses) => {
      const unreadable = servers.add(addresses);
      if (unreadable.length > 0) log.warn("server addresses cannot be read", { unreadable });
    },
    takeOver: (changed) => {
      ({ published } = changed);
      node.describe(changed);
    },
    stats: () => ({ node_id: nodeID, num_allocations: String(allocations.size), ...registration.statistics() }),
    leave: async () => {
      node.leave();
      log.info("leaving: tasks that are wanted elsewhere end here");
      await rpc.call(updateNodeStatus, { NodeID: nodeID, Status: node.value.Status }, { signal });
    },
    idle: () => allocations.idle(),
    shutdown: () => {
      ended ??= end();
      return ended;
    },
  };
}

async function leaveRunning(allocations: Allocations, log: Log): Promise<void> {
  if (allocations.active > 0) {
    log.info("tasks are left running, and are found again when the agent is restarted", {
      allocations: allocations.active,
    });
  }
  await allocations.detachAll();
}

async function removeTemporary({ disk }: Runtime, { temporary }: ClientDirectories): Promise<void> {
  for (const directory of temporary) await disk.removeTree(directory);
}

function coreMHzOf(node: Node): number {
  return Number(node.Attributes["cpu.frequency"] ?? 0);
}
