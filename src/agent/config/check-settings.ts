import { InvalidDuration, parseGoDuration } from "../../base/index.ts";
import { artifactOptionsProblem } from "../../client/index.ts";
import { parseGossipKey, schedulerConfiguration, schedulerConfigurationProblem } from "../../model/index.ts";
import { facilityNumber } from "../../runtime/index.ts";
import { clientOptions } from "./client-options.ts";
import type { Settings } from "./settings.ts";

const logLevels = ["TRACE", "DEBUG", "INFO", "WARN", "ERR"] as const;

const memberShapes: readonly string[] = ["list", "object"];

const highestPort = 65_535;

/** The servers' protocol, as Nomad numbers it. */
const protocolVersion = 1;

/** The first thing that keeps an agent from starting with these settings, or undefined; in the words of Nomad 0.4.1. */
export function settingsProblem(settings: Settings): string | undefined {
  const level = settings.LogLevel.toUpperCase();
  const levelProblem = (logLevels as readonly string[]).includes(level)
    ? undefined
    : `Invalid log level: ${level}. Valid log levels are: [${logLevels.join(" ")}]`;
  return (
    durationProblem(settings) ??
    amountProblem(settings) ??
    portProblem(settings) ??
    advertiseProblem(settings) ??
    keyProblem(settings) ??
    protocolProblem(settings) ??
    limitProblem(settings) ??
    compatProblem(settings) ??
    schedulerProblem(settings) ??
    consulProblem(settings) ??
    collectionProblem(settings) ??
    telemetryProblem(settings) ??
    artifactOptionsProblem(clientOptions(settings)) ??
    (settings.DevMode ? devProblem(settings) : modeProblem(settings)) ??
    levelProblem ??
    syslogProblem(settings)
  );
}

/** Said at the start, and no reason not to start. */
export function settingsWarning(settings: Settings): string | undefined {
  if (settings.DevMode || settings.Server.BootstrapExpect !== 1) return undefined;
  return "WARNING: Bootstrap mode enabled! Potentially unsafe operation.";
}

function durationProblem(settings: Settings): string | undefined {
  return (
    unreadable(settings.Server.RetryInterval, "retry interval") ??
    unreadable(settings.Client.MaxKillTimeout, "max kill timeout")
  );
}

/** What cannot be less than nothing. */
function amountProblem({ Server, Client }: Settings): string | undefined {
  const { Reserved } = Client;
  const amounts: Readonly<Record<string, number>> = {
    "server.bootstrap_expect": Server.BootstrapExpect,
    "server.num_schedulers": Server.NumSchedulers,
    "server.retry_max": Server.RetryMaxAttempts,
    "server.heartbeat_grace": timeOf(Server.HeartbeatGrace),
    "server.node_gc_threshold": timeOf(Server.NodeGCThreshold),
    "client.max_kill_timeout": timeOf(Client.MaxKillTimeout),
    "client.network_speed": Client.NetworkSpeed,
    "client.reserved.cpu": Reserved.CPU,
    "client.reserved.memory": Reserved.MemoryMB,
    "client.reserved.disk": Reserved.DiskMB,
    "client.reserved.iops": Reserved.IOPS,
  };
  const negative = Object.entries(amounts).find(([, amount]) => amount < 0);
  if (negative !== undefined) return `${negative[0]} must be >= 0`;
  if (Server.RetryInterval === "" || timeOf(Server.RetryInterval) > 0) return undefined;
  return "server.retry_interval must be greater than 0";
}

function timeOf(text: string): number {
  return text === "" ? 0 : parseGoDuration(text);
}

function limitProblem({ Limits }: Settings): string | undefined {
  if (Limits.HTTPMaxConnsPerClient < 0) return "limits.http_max_conns_per_client must be >= 0";
  if (Limits.RPCMaxConnsPerClient < 0) return "limits.rpc_max_conns_per_client must be >= 0";
  return undefined;
}

function compatProblem({ Compat }: Settings): string | undefined {
  if (memberShapes.includes(Compat.AgentMembers)) return undefined;
  return `compat.agent_members must be ${memberShapes.map((shape) => JSON.stringify(shape)).join(" or ")}`;
}

function collectionProblem({ Client }: Settings): string | undefined {
  if (Client.GCInterval <= 0) return "client.gc_interval must be greater than 0";
  if (Client.GCParallelDestroys < 1) return "client.gc_parallel_destroys must be >= 1";
  if (!isPercent(Client.GCDiskUsageThreshold)) return "client.gc_disk_usage_threshold must be between 0 and 100";
  if (!isPercent(Client.GCInodeUsageThreshold)) return "client.gc_inode_usage_threshold must be between 0 and 100";
  if (Client.GCMaxAllocs < 0) return "client.gc_max_allocs must be >= 0";
  return undefined;
}

function isPercent(value: number): boolean {
  return value >= 0 && value <= 100;
}

function schedulerProblem({ Server }: Settings): string | undefined {
  const problem = schedulerConfigurationProblem(schedulerConfiguration.parse(Server.DefaultSchedulerConfig ?? {}));
  return problem && `server.default_scheduler_config: ${problem}`;
}

function consulProblem({ Consul }: Settings): string | undefined {
  if (Consul.Timeout <= 0) return "consul.timeout must be greater than 0";
  if (!Consul.AutoAdvertise) return undefined;
  if (Consul.ServerServiceName === "") return "server_service_name must be set when auto_advertise is enabled";
  if (Consul.ClientServiceName === "") return "client_service_name must be set when auto_advertise is enabled";
  return undefined;
}

/** Where figures are sent must be a host and a port, and not all the time. */
function telemetryProblem({ Telemetry }: Settings): string | undefined {
  const sinks = { statsd_address: Telemetry.StatsdAddr, statsite_address: Telemetry.StatsiteAddr };
  const wrong = Object.entries(sinks).find(([, address]) => address !== "" && !/^.+:\d{1,5}$/.test(address));
  if (wrong !== undefined) {
    const [key, address] = wrong;
    return `Error initializing telemetry: address ${address} has no port; write telemetry { ${key} = "host:port" }`;
  }
  const rule = Telemetry.PrefixFilter.find((each) => !/^([+-].*)?$/.test(each));
  if (rule !== undefined) return `telemetry.prefix_filter: ${JSON.stringify(rule)} begins neither with + nor with -`;
  const { CollectionInterval } = Telemetry;
  if (CollectionInterval === "" || parseGoDuration(CollectionInterval) > 0) return undefined;
  return "telemetry.collection_interval must be greater than 0";
}

function syslogProblem({ EnableSyslog, SyslogFacility }: Settings): string | undefined {
  if (!EnableSyslog || facilityNumber(SyslogFacility) !== undefined) return undefined;
  return `Syslog setup failed: invalid syslog facility: ${SyslogFacility}`;
}

/** A dev agent is a server and a client; a file may not take the server away. */
function devProblem(settings: Settings): string | undefined {
  return settings.Server.Enabled
    ? pathProblem(settings)
    : "A development agent needs its server: remove server { enabled = false } or -dev.";
}

function modeProblem(settings: Settings): string | undefined {
  const { Server, Client, DataDir } = settings;
  if (!Server.Enabled && !Client.Enabled) return "Must specify either server, client or dev mode for the agent.";
  const relativePath = pathProblem(settings);
  if (relativePath !== undefined) return relativePath;
  if (Server.Enabled && DataDir === "") return "Must specify data directory";
  if (Client.Enabled && DataDir === "" && (Client.AllocDir === "" || Client.StateDir === "")) {
    return "Must specify both the state and alloc dir if data-dir is omitted.";
  }
  if (Server.BootstrapExpect > 0 && !Server.Enabled) return "Bootstrap requires server mode to be enabled";
  return undefined;
}

function pathProblem({ DataDir, Client }: Settings): string | undefined {
  const paths = { "data-dir": DataDir, "alloc-dir": Client.AllocDir, "state-dir": Client.StateDir };
  const relative = Object.entries(paths).find(([, path]) => path !== "" && !path.startsWith("/"));
  return relative && `${relative[0]} must be given as an absolute path: got ${relative[1]}`;
}

function portProblem(settings: Settings): string | undefined {
  const wrong = Object.entries(settings.Ports).find(([, port]) => port < 0 || port > highestPort);
  if (wrong === undefined) return undefined;
  return `Cannot listen on port ${wrong[1]}: ports.${wrong[0].toLowerCase()} must be between 0 and ${highestPort}`;
}

/** Others are told where to find this agent: that must be a host and a port. */
function advertiseProblem({ AdvertiseAddrs }: Settings): string | undefined {
  const wrong = Object.entries(AdvertiseAddrs).find(([, address]) => address !== "" && !/^.+:\d{1,5}$/.test(address));
  if (wrong === undefined) return undefined;
  const key = wrong[0].toLowerCase();
  return `error resolving ${key} advertise address: ${wrong[1]} has no port; write advertise { ${key} = "host:port" }`;
}

/** 0 is the newest, which is the only one. */
function protocolProblem({ Server }: Settings): string | undefined {
  const version = Server.ProtocolVersion;
  if (!Server.Enabled || version === 0 || version === protocolVersion) return undefined;
  const how = version > protocolVersion ? "high" : "low";
  const range = `[${protocolVersion}, ${protocolVersion}]`;
  return `Error starting agent: server setup failed: Protocol version '${version}' too ${how}. Must be in range: ${range}`;
}

/** Says what is wrong, and never what was written. */
function keyProblem({ Server }: Settings): string | undefined {
  const parsed = Server.EncryptKey === "" ? undefined : parseGossipKey(Server.EncryptKey);
  if (parsed === undefined || parsed.ok) return undefined;
  return `Invalid encryption key: ${parsed.reason}; "nomad operator gossip keyring generate" makes one`;
}

function unreadable(text: string, name: string): string | undefined {
  if (text === "") return undefined;
  try {
    parseGoDuration(text);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidDuration) return `Error parsing ${name}: ${error.message}`;
    throw error;
  }
}
