import { type Duration, InvalidDuration, parseGoDuration } from "../../base/index.ts";
import {
  asBoolean,
  asInteger,
  asString,
  asStrings,
  type Body,
  blocksOf,
  checkKeys,
  type Fields,
  HCLError,
  onlyBlockOf,
  parseHCL,
  type ReadField,
  readFields,
  stringMapOf,
  UnfitValue,
  within,
} from "../../hcl/index.ts";
import { parsePortRanges } from "./port-ranges.ts";
import type { PartialSettings } from "./settings.ts";

/** Which file keys set which setting, and how they are read. */
type Keys = Readonly<Record<string, readonly [setting: string, read: ReadField<unknown>]>>;

const duration: ReadField<string> = (items, name) => {
  const text = asString(items, name);
  requireDuration(text, name);
  return text;
};

const topKeys: Keys = {
  region: ["Region", asString],
  datacenter: ["Datacenter", asString],
  name: ["NodeName", asString],
  data_dir: ["DataDir", asString],
  log_level: ["LogLevel", asString],
  bind_addr: ["BindAddr", asString],
  http_hosts: ["HTTPHosts", asStrings],
  enable_debug: ["EnableDebug", asBoolean],
  leave_on_interrupt: ["LeaveOnInt", asBoolean],
  leave_on_terminate: ["LeaveOnTerm", asBoolean],
  enable_syslog: ["EnableSyslog", asBoolean],
  syslog_facility: ["SyslogFacility", asString],
  disable_update_check: ["DisableUpdateCheck", asBoolean],
  disable_anonymous_signature: ["DisableAnonymousSignature", asBoolean],
};

const endpointKeys = <Value>(read: ReadField<Value>): Keys => ({
  http: ["HTTP", read],
  rpc: ["RPC", read],
  serf: ["Serf", read],
});

const serverKeys: Keys = {
  enabled: ["Enabled", asBoolean],
  bootstrap_expect: ["BootstrapExpect", asInteger],
  data_dir: ["DataDir", asString],
  protocol_version: ["ProtocolVersion", asInteger],
  num_schedulers: ["NumSchedulers", asInteger],
  enabled_schedulers: ["EnabledSchedulers", asStrings],
  node_gc_threshold: ["NodeGCThreshold", duration],
  heartbeat_grace: ["HeartbeatGrace", duration],
  start_join: ["StartJoin", asStrings],
  retry_join: ["RetryJoin", asStrings],
  retry_max: ["RetryMaxAttempts", asInteger],
  retry_interval: ["RetryInterval", asString],
  rejoin_after_leave: ["RejoinAfterLeave", asBoolean],
  encrypt: ["EncryptKey", asString],
};

const schedulerKeys: Keys = {
  scheduler_algorithm: ["SchedulerAlgorithm", asString],
  memory_oversubscription_enabled: ["MemoryOversubscriptionEnabled", asBoolean],
  reject_job_registration: ["RejectJobRegistration", asBoolean],
  pause_eval_broker: ["PauseEvalBroker", asBoolean],
};

const preemptionKeys: Keys = {
  batch_scheduler_enabled: ["BatchSchedulerEnabled", asBoolean],
  system_scheduler_enabled: ["SystemSchedulerEnabled", asBoolean],
  sysbatch_scheduler_enabled: ["SysBatchSchedulerEnabled", asBoolean],
  service_scheduler_enabled: ["ServiceSchedulerEnabled", asBoolean],
};

const clientKeys: Keys = {
  enabled: ["Enabled", asBoolean],
  state_dir: ["StateDir", asString],
  alloc_dir: ["AllocDir", asString],
  servers: ["Servers", asStrings],
  node_class: ["NodeClass", asString],
  network_interface: ["NetworkInterface", asString],
  network_speed: ["NetworkSpeed", asInteger],
  max_kill_timeout: ["MaxKillTimeout", asString],
  client_min_port: ["ClientMinPort", asInteger],
  client_max_port: ["ClientMaxPort", asInteger],
  gc_interval: ["GCInterval", (items, name) => requireDuration(asString(items, name), name)],
  gc_parallel_destroys: ["GCParallelDestroys", asInteger],
  gc_disk_usage_threshold: ["GCDiskUsageThreshold", asInteger],
  gc_inode_usage_threshold: ["GCInodeUsageThreshold", asInteger],
  gc_max_allocs: ["GCMaxAllocs", asInteger],
};

const artifactKeys: Keys = {
  http_read_timeout: ["HTTPReadTimeout", duration],
  http_max_size: ["HTTPMaxSize", asString],
  git_timeout: ["GitTimeout", duration],
  hg_timeout: ["HgTimeout", duration],
  s3_timeout: ["S3Timeout", duration],
  decompression_size_limit: ["DecompressionSizeLimit", asString],
  decompression_file_count_limit: ["DecompressionFileCountLimit", asInteger],
};

const reservedKeys: Keys = {
  cpu: ["CPU", asInteger],
  memory: ["MemoryMB", asInteger],
  disk: ["DiskMB", asInteger],
  iops: ["IOPS", asInteger],
  reserved_ports: ["ReservedPorts", asString],
};

const consulKeys: Keys = {
  address: ["Addr", asString],
  token: ["Token", asString],
  auth: ["Auth", asString],
  ssl: ["EnableSSL", asBoolean],
  verify_ssl: ["VerifySSL", asBoolean],
  ca_file: ["CAFile", asString],
  cert_file: ["CertFile", asString],
  key_file: ["KeyFile", asString],
  server_service_name: ["ServerServiceName", asString],
  client_service_name: ["ClientServiceName", asString],
  auto_advertise: ["AutoAdvertise", asBoolean],
  server_auto_join: ["ServerAutoJoin", asBoolean],
  client_auto_join: ["ClientAutoJoin", asBoolean],
  timeout: ["Timeout", (items, name) => requireDuration(asString(items, name), name)],
};

const telemetryKeys: Keys = {
  statsite_address: ["StatsiteAddr", asString],
  statsd_address: ["StatsdAddr", asString],
  disable_hostname: ["DisableHostname", asBoolean],
  use_node_name: ["UseNodeName", asBoolean],
  prefix_filter: ["PrefixFilter", asStrings],
  filter_default: ["FilterDefault", asBoolean],
  collection_interval: ["CollectionInterval", duration],
  publish_allocation_metrics: ["PublishAllocationMetrics", asBoolean],
  publish_node_metrics: ["PublishNodeMetrics", asBoolean],
  prometheus_metrics: ["PrometheusMetrics", asBoolean],
  circonus_api_token: ["CirconusAPIToken", asString],
  circonus_api_app: ["CirconusAPIApp", asString],
  circonus_api_url: ["CirconusAPIURL", asString],
  circonus_submission_interval: ["CirconusSubmissionInterval", asString],
  circonus_submission_url: ["CirconusCheckSubmissionURL", asString],
  circonus_check_id: ["CirconusCheckID", asString],
  circonus_check_force_metric_activation: ["CirconusCheckForceMetricActivation", asString],
  circonus_check_instance_id: ["CirconusCheckInstanceID", asString],
  circonus_check_search_tag: ["CirconusCheckSearchTag", asString],
  circonus_broker_id: ["CirconusBrokerID", asString],
  circonus_broker_select_tag: ["CirconusBrokerSelectTag", asString],
};

const atlasKeys: Keys = {
  infrastructure: ["Infrastructure", asString],
  token: ["Token", asString],
  join: ["Join", asBoolean],
  endpoint: ["Endpoint", asString],
};

const compatKeys: Keys = { agent_members: ["AgentMembers", asString] };

const limitKeys: Keys = {
  http_max_conns_per_client: ["HTTPMaxConnsPerClient", asInteger],
  rpc_max_conns_per_client: ["RPCMaxConnsPerClient", asInteger],
};

const blocks = [
  "ports",
  "addresses",
  "advertise",
  "server",
  "client",
  "consul",
  "telemetry",
  "atlas",
  "limits",
  "compat",
] as const;
/** Accepted for the sake of old files, and without effect. */
const ignored = ["interfaces"];

/** Reads the text of one configuration file, HCL or JSON. Throws `HCLError` worded as 0.4.1 words it. */
export function parseSettings(text: string, fileName: string): PartialSettings {
  try {
    return decodeSettings(parsed(text, fileName));
  } catch (error) {
    if (error instanceof UnfitValue) throw new Error(`error parsing 'config': ${error.message}`);
    throw error;
  }
}

function parsed(text: string, fileName: string): Body {
  try {
    return parseHCL(text, fileName);
  } catch (error) {
    if (error instanceof HCLError) throw error.led("error parsing: ");
    throw error;
  }
}

function decodeSettings(body: Body): PartialSettings {
  try {
    return within("config:", () => settingsIn(body));
  } catch (error) {
    if (error instanceof HCLError) throw error.led("error parsing 'config': ");
    throw error;
  }
}

function settingsIn(body: Body): PartialSettings {
  checkKeys(body, [...Object.keys(topKeys), ...blocks, "http_api_response_headers", ...ignored]);
  const atlas = inBlock(body, "atlas", atlasKeys);
  return {
    ...valuesIn(body, topKeys),
    Ports: inBlock(body, "ports", endpointKeys(asInteger)),
    Addresses: inBlock(body, "addresses", endpointKeys(asString)),
    AdvertiseAddrs: inBlock(body, "advertise", endpointKeys(asString)),
    Server: serverIn(body),
    Client: clientIn(body),
    Consul: inBlock(body, "consul", consulKeys),
    Telemetry: inBlock(body, "telemetry", telemetryKeys),
    Limits: inBlock(body, "limits", limitKeys),
    Compat: inBlock(body, "compat", compatKeys),
    Atlas: atlas === undefined ? undefined : withoutToken(atlas),
    HTTPAPIResponseHeaders: stringMapOf(body, "http_api_response_headers"),
  } as PartialSettings;
}

function serverIn(body: Body): unknown {
  const block = onlyBlockOf(body, "server", "server -> only one 'server' block allowed");
  if (block === undefined) return undefined;
  return within("server ->", () => {
    checkKeys(block.body, [...Object.keys(serverKeys), schedulerBlock]);
    return { ...valuesIn(block.body, serverKeys), DefaultSchedulerConfig: schedulersIn(block.body) };
  });
}

const schedulerBlock = "default_scheduler_config";

function schedulersIn(server: Body): unknown {
  const block = onlyBlockOf(server, schedulerBlock, `${schedulerBlock} -> only one '${schedulerBlock}' block allowed`);
  if (block === undefined) return undefined;
  return within(`${schedulerBlock} ->`, () => {
    checkKeys(block.body, [...Object.keys(schedulerKeys), "preemption_config"]);
    const preemption = inBlock(block.body, "preemption_config", preemptionKeys);
    return { ...valuesIn(block.body, schedulerKeys), ...(preemption && { PreemptionConfig: preemption }) };
  });
}

function clientIn(body: Body): unknown {
  const block = onlyBlockOf(body, "client", "client -> only one 'client' block allowed");
  if (block === undefined) return undefined;
  return within("client ->", () => {
    checkKeys(block.body, [
      ...Object.keys(clientKeys),
      "options",
      "meta",
      "chroot_env",
      "reserved",
      "stats",
      "artifact",
    ]);
    const reserved = inBlock(block.body, "reserved", reservedKeys);
    return {
      ...valuesIn(block.body, clientKeys),
      Options: stringMapOf(block.body, "options"),
      Meta: stringMapOf(block.body, "meta"),
      ChrootEnv: stringMapOf(block.body, "chroot_env"),
      Artifact: inBlock(block.body, "artifact", artifactKeys),
      Reserved: reserved === undefined ? undefined : { ...reserved, ...reservedPortsOf(block.body, reserved) },
    };
  });
}

function reservedPortsOf(client: Body, reserved: Readonly<Record<string, unknown>>): object {
  const ports = reserved.ReservedPorts;
  if (typeof ports !== "string" || ports === "") return {};
  const parsedPorts = parsePortRanges(ports);
  if (parsedPorts.ok) return { ParsedReservedPorts: parsedPorts.ports };
  const position = blocksOf(client, "reserved")[0]?.position ?? client.position;
  throw HCLError.bare(client.source, { message: `reserved -> ${parsedPorts.reason}`, position });
}

function inBlock(body: Body, name: string, keys: Keys): Readonly<Record<string, unknown>> | undefined {
  const block = onlyBlockOf(body, name, `${name} -> only one '${name}' block allowed`);
  if (block === undefined) return undefined;
  return within(`${name} ->`, () => {
    checkKeys(block.body, Object.keys(keys));
    return valuesIn(block.body, keys);
  });
}

function valuesIn(body: Body, keys: Keys): Readonly<Record<string, unknown>> {
  const fields: Fields = Object.fromEntries(Object.entries(keys).map(([key, [, read]]) => [key, [key, read] as const]));
  const values = readFields(body, fields);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [keys[key]?.[0] ?? key, value]));
}

/** The token of a service that is long gone is a secret all the same: it is not kept. */
function withoutToken(atlas: Readonly<Record<string, unknown>>): object {
  const { Token: _, ...rest } = atlas;
  return rest;
}

function requireDuration(text: string, name: string): Duration {
  try {
    return parseGoDuration(text);
  } catch (error) {
    if (error instanceof InvalidDuration) throw new UnfitValue(`error parsing value of "${name}": ${error.message}`);
    throw error;
  }
}

/** Blocks of files by the settings that they become, each with its keys; what has no table of keys is one key. */
const settingBlocks: Readonly<Record<string, readonly [block: string, keys: Keys]>> = {
  Ports: ["ports", endpointKeys(asInteger)],
  Addresses: ["addresses", endpointKeys(asString)],
  AdvertiseAddrs: ["advertise", endpointKeys(asString)],
  Server: ["server", { ...serverKeys, [schedulerBlock]: ["DefaultSchedulerConfig", asString] }],
  Client: [
    "client",
    {
      ...clientKeys,
      options: ["Options", asString],
      meta: ["Meta", asString],
      chroot_env: ["ChrootEnv", asString],
      reserved: ["Reserved", asString],
    },
  ],
  Consul: ["consul", consulKeys],
  Telemetry: ["telemetry", telemetryKeys],
  Limits: ["limits", limitKeys],
  Compat: ["compat", compatKeys],
  Atlas: ["atlas", atlasKeys],
};

/** The key by which files write a setting: `telemetry.statsd_address` for `["Telemetry", "StatsdAddr"]`; undefined for a block. */
export function keyOfSetting([first = "", second]: readonly string[]): string | undefined {
  if (first === "HTTPAPIResponseHeaders") return "http_api_response_headers";
  const inBlock = settingBlocks[first];
  if (inBlock === undefined) return keyFor(topKeys, first);
  if (second === undefined) return undefined;
  const [block, keys] = inBlock;
  return `${block}.${keyFor(keys, second) ?? second}`;
}

function keyFor(keys: Keys, setting: string): string | undefined {
  return Object.entries(keys).find(([, [its]]) => its === setting)?.[0];
}
