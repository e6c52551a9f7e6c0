import { type Duration, hours, milliseconds, parseGoDuration, seconds } from "../../base/index.ts";
import type { ChangeableConfig, ClientConfig } from "../../client/index.ts";
import { completeSchedulerConfiguration, parseGossipKey, schedulerConfiguration } from "../../model/index.ts";
import { allSchedulers, type ServerConfig } from "../../server/index.ts";
import { type ConsulConfig, consulConfig } from "../consul/consul-config.ts";
import { clientOptions } from "./client-options.ts";
import type { Settings } from "./settings.ts";

/** What one agent is told at its start; parsed once, and never changed. */
export interface AgentConfig {
  readonly name: string;
  readonly region: string;
  readonly datacenter: string;
  /** `host:port` the HTTP API is served at. */
  readonly httpAddress: string;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Under which names the HTTP API may be asked. */
  readonly hosts: { readonly own: readonly string[]; readonly listed: readonly string[] };
  /** How `/v1/agent/members` answers. */
  readonly membersShape: "list" | "object";
  /** Connections from one address to the HTTP API at once. */
  readonly connectionsPerAddress: number;
  /** Undefined when the agent runs no server. */
  readonly server?: ServerConfig;
  /** Undefined when the agent runs no client. */
  readonly client?: ClientConfig;
  readonly consul: ConsulConfig;
  /** As files and flags wrote it: what `/v1/agent/self` shows. */
  readonly settings: Settings;
}

/** What the machine says of itself where the configuration is silent. */
export interface MachineFacts {
  readonly hostName: string;
  readonly processors: number;
}

const [minDynamicPort, maxDynamicPort] = [20_000, 60_000];

/** Works out everything that follows from the settings. They must have passed `settingsProblem`. */
export function agentConfig(settings: Settings, machine: MachineFacts): AgentConfig {
  const name = settings.NodeName === "" ? machine.hostName : settings.NodeName;
  const { Addresses, AdvertiseAddrs, BindAddr, Ports, Region, Datacenter } = settings;
  const bound = (service: "HTTP" | "RPC" | "Serf") => joined(Addresses[service] || BindAddr, Ports[service]);
  const advertised = (service: "HTTP" | "RPC" | "Serf") => AdvertiseAddrs[service] || bound(service);
  const { Server, Client } = settings;
  return {
    name,
    region: Region,
    datacenter: Datacenter,
    httpAddress: bound("HTTP"),
    responseHeaders: settings.HTTPAPIResponseHeaders,
    hosts: {
      own: [
        name,
        machine.hostName,
        ...[bound("HTTP"), advertised("HTTP")].map((address) => address.replace(/:\d+$/, "")),
      ],
      listed: settings.HTTPHosts,
    },
    membersShape: settings.Compat.AgentMembers === "object" ? "object" : "list",
    connectionsPerAddress: limit(settings.Limits.HTTPMaxConnsPerClient),
    consul: consulConfig(settings, advertised),
    settings,
    ...(Server.Enabled && {
      server: {
        nodeName: name,
        region: Region,
        datacenter: Datacenter,
        rpcAddress: advertised("RPC"),
        rpcBind: bound("RPC"),
        rpcConnectionsPerAddress: limit(settings.Limits.RPCMaxConnsPerClient),
        serfAddress: advertised("Serf"),
        serfBind: bound("Serf"),
        bootstrap: settings.DevMode,
        bootstrapExpect: settings.DevMode ? 1 : Server.BootstrapExpect,
        dataDirectory: serverDirectory(settings),
        gossipKey: gossipKey(settings),
        workers: Server.NumSchedulers > 0 ? Server.NumSchedulers : machine.processors,
        schedulers: Server.EnabledSchedulers ?? allSchedulers,
        ...(Server.DefaultSchedulerConfig !== null && {
          schedulerConfiguration: completeSchedulerConfiguration(
            schedulerConfiguration.parse(Server.DefaultSchedulerConfig),
          ),
        }),
        heartbeatGrace: durationOr(Server.HeartbeatGrace, seconds(10)),
        nodeCollectionAge: durationOr(Server.NodeGCThreshold, hours(24)),
      },
    }),
    ...(Client.Enabled && {
      client: {
        dev: settings.DevMode,
        ...directories(settings),
        region: Region,
        datacenter: Datacenter,
        nodeName: name,
        ...changeableClient(settings),
        servers: Client.Servers ?? [],
        ...(!Server.Enabled && settings.Consul.ClientAutoJoin && { serverService: settings.Consul.ServerServiceName }),
        options: clientOptions(settings),
        httpAddress: advertised("HTTP"),
        networkInterface: Client.NetworkInterface,
        networkSpeedMbits: Client.NetworkSpeed,
        maxKillTimeout: durationOr(Client.MaxKillTimeout, seconds(30)),
        statsInterval: durationOr(settings.Telemetry.CollectionInterval, milliseconds(1000)),
        collection: {
          interval: Client.GCInterval,
          parallelDestroys: Client.GCParallelDestroys,
          diskUsage: Client.GCDiskUsageThreshold,
          inodeUsage: Client.GCInodeUsageThreshold,
          maxAllocations: Client.GCMaxAllocs,
        },
        minDynamicPort,
        maxDynamicPort,
        version: settings.Version,
        revision: settings.Revision,
      },
    }),
  };
}

/** What a client can also be told while it runs. */
export function changeableClient({ Client, Telemetry }: Settings): ChangeableConfig {
  return {
    meta: Client.Meta,
    nodeClass: Client.NodeClass,
    reserved: {
      cpuMHz: Client.Reserved.CPU,
      memoryMB: Client.Reserved.MemoryMB,
      diskMB: Client.Reserved.DiskMB,
      iops: Client.Reserved.IOPS,
      ports: Client.Reserved.ParsedReservedPorts ?? [],
    },
    published: { node: Telemetry.PublishNodeMetrics, allocations: Telemetry.PublishAllocationMetrics },
  };
}

/** Nothing of a dev agent's server is kept. */
function serverDirectory({ DevMode, DataDir, Server }: Settings): string | undefined {
  if (DevMode) return undefined;
  return Server.DataDir || `${DataDir.replace(/\/+$/, "")}/server`;
}

function gossipKey({ Server }: Settings): Uint8Array | undefined {
  const parsed = parseGossipKey(Server.EncryptKey);
  return parsed.ok ? parsed.key : undefined;
}

/** In dev mode both are temporary unless a data directory was named. */
function directories(settings: Settings): Pick<ClientConfig, "stateDirectory" | "allocationDirectory"> {
  const { Client, DataDir } = settings;
  const below = (name: string) => (DataDir === "" ? undefined : `${DataDir.replace(/\/+$/, "")}/${name}`);
  return {
    stateDirectory: Client.StateDir || below("client"),
    allocationDirectory: Client.AllocDir || below("alloc"),
  };
}

function durationOr(text: string, otherwise: Duration): Duration {
  return text === "" ? otherwise : parseGoDuration(text);
}

/** 0 is no limit. */
function limit(most: number): number {
  return most === 0 ? Number.POSITIVE_INFINITY : most;
}

function joined(host: string, port: number): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}
