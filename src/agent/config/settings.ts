import { type Duration, minutes } from "../../base/index.ts";
import { compatibleVersion } from "../../model/index.ts";

/**
 * The agent's configuration as its files write it, before anything is derived: one object, under the names by
 * which `/v1/agent/self` shows it. Durations are text as written, ports numbers, addresses `host` or `host:port`.
 */
export interface Settings {
  readonly Region: string;
  readonly Datacenter: string;
  readonly NodeName: string;
  readonly DataDir: string;
  readonly LogLevel: string;
  readonly BindAddr: string;
  readonly EnableDebug: boolean;
  readonly Ports: { readonly HTTP: number; readonly RPC: number; readonly Serf: number };
  readonly Addresses: Endpoints;
  readonly AdvertiseAddrs: Endpoints;
  readonly Client: {
    readonly Enabled: boolean;
    readonly StateDir: string;
    readonly AllocDir: string;
    readonly Servers: readonly string[] | null;
    readonly NodeClass: string;
    readonly Options: Readonly<Record<string, string>>;
    readonly Meta: Readonly<Record<string, string>>;
    readonly ChrootEnv: Readonly<Record<string, string>>;
    /** What fetching artifacts may take, where files say so. Source: the `artifact` block of Nomad 1.4. */
    readonly Artifact: ArtifactSettings;
    readonly NetworkInterface: string;
    readonly NetworkSpeed: number;
    readonly MaxKillTimeout: string;
    readonly ClientMinPort: number;
    readonly ClientMaxPort: number;
    readonly GCInterval: Duration;
    readonly GCParallelDestroys: number;
    readonly GCDiskUsageThreshold: number;
    readonly GCInodeUsageThreshold: number;
    readonly GCMaxAllocs: number;
    readonly Reserved: {
      readonly CPU: number;
      readonly MemoryMB: number;
      readonly DiskMB: number;
      readonly IOPS: number;
      readonly ReservedPorts: string;
      readonly ParsedReservedPorts: readonly number[] | null;
    };
  };
  readonly Server: {
    readonly Enabled: boolean;
    readonly BootstrapExpect: number;
    readonly DataDir: string;
    readonly ProtocolVersion: number;
    readonly NumSchedulers: number;
    readonly EnabledSchedulers: readonly string[] | null;
    readonly NodeGCThreshold: string;
    readonly HeartbeatGrace: string;
    readonly StartJoin: readonly string[];
    readonly RetryJoin: readonly string[];
    readonly RetryMaxAttempts: number;
    readonly RetryInterval: string;
    readonly RejoinAfterLeave: boolean;
    /** For gossip, in base64: a secret. */
    readonly EncryptKey: string;
    /** How schedulers work in a cluster in which nobody has said so yet. */
    readonly DefaultSchedulerConfig: SchedulerSettings | null;
  };
  readonly Consul: {
    readonly Addr: string;
    readonly Token: string;
    readonly Auth: string;
    readonly EnableSSL: boolean;
    readonly VerifySSL: boolean;
    readonly CAFile: string;
    readonly CertFile: string;
    readonly KeyFile: string;
    readonly ServerServiceName: string;
    readonly ClientServiceName: string;
    readonly AutoAdvertise: boolean;
    readonly ServerAutoJoin: boolean;
    readonly ClientAutoJoin: boolean;
    /** Nanoseconds. */
    readonly Timeout: number;
  };
  /** A rule of `PrefixFilter` is the beginning of names, after `+` or `-`. */
  readonly Telemetry: Readonly<Record<TelemetryText, string>> &
    Readonly<Record<TelemetryFlag, boolean>> & { readonly PrefixFilter: readonly string[] };
  readonly Atlas: { readonly Infrastructure: string; readonly Join: boolean; readonly Endpoint: string };
  readonly LeaveOnInt: boolean;
  readonly LeaveOnTerm: boolean;
  readonly EnableSyslog: boolean;
  readonly SyslogFacility: string;
  readonly DisableUpdateCheck: boolean;
  readonly DisableAnonymousSignature: boolean;
  readonly HTTPAPIResponseHeaders: Readonly<Record<string, string>>;
  /** Names by which HTTP is asked, besides the agent's own; if there are any, under no others. */
  readonly HTTPHosts: readonly string[];
  /** Connections from one address at once; 0 is no limit. Source: the `limits` block of Nomad 0.10.3. */
  readonly Limits: { readonly HTTPMaxConnsPerClient: number; readonly RPCMaxConnsPerClient: number };
  /** What programs of different ages would have answered differently. `AgentMembers` is `list` or `object`. */
  readonly Compat: { readonly AgentMembers: string };
  readonly DevMode: boolean;
  /** The files that were read, in order. */
  readonly Files: readonly string[];
  readonly Version: string;
  readonly VersionPrerelease: string;
  readonly Revision: string;
}

/** Only what files set. Times as they are written there, sizes such as `100GB`. */
export interface ArtifactSettings {
  readonly HTTPReadTimeout?: string;
  readonly HTTPMaxSize?: string;
  readonly GitTimeout?: string;
  readonly HgTimeout?: string;
  readonly S3Timeout?: string;
  readonly DecompressionSizeLimit?: string;
  readonly DecompressionFileCountLimit?: number;
}

/** What files say of the schedulers: only what they set. */
export interface SchedulerSettings {
  readonly SchedulerAlgorithm?: string;
  readonly MemoryOversubscriptionEnabled?: boolean;
  readonly RejectJobRegistration?: boolean;
  readonly PauseEvalBroker?: boolean;
  readonly PreemptionConfig?: Readonly<Record<string, boolean>>;
}

interface Endpoints {
  readonly HTTP: string;
  readonly RPC: string;
  readonly Serf: string;
}

type TelemetryText =
  | "StatsiteAddr"
  | "StatsdAddr"
  | "CollectionInterval"
  | "CirconusAPIToken"
  | "CirconusAPIApp"
  | "CirconusAPIURL"
  | "CirconusSubmissionInterval"
  | "CirconusCheckSubmissionURL"
  | "CirconusCheckID"
  | "CirconusCheckForceMetricActivation"
  | "CirconusCheckInstanceID"
  | "CirconusCheckSearchTag"
  | "CirconusBrokerID"
  | "CirconusBrokerSelectTag";

type TelemetryFlag =
  | "DisableHostname"
  | "UseNodeName"
  | "FilterDefault"
  | "PublishNodeMetrics"
  | "PublishAllocationMetrics"
  | "PrometheusMetrics";

/** What one source says: only what it sets. */
export type PartialSettings = DeepPartial<Settings>;

type DeepPartial<Value> = {
  readonly [Key in keyof Value]?: Value[Key] extends readonly unknown[] | null
    ? Value[Key]
    : Value[Key] extends object
      ? DeepPartial<Value[Key]>
      : Value[Key];
};

const noEndpoints: Endpoints = { HTTP: "", RPC: "", Serf: "" };

/** What holds when nothing is said. Source: the defaults of Nomad 0.4.1. */
export const defaultSettings: Settings = {
  Region: "global",
  Datacenter: "dc1",
  NodeName: "",
  DataDir: "",
  LogLevel: "INFO",
  BindAddr: "127.0.0.1",
  EnableDebug: false,
  Ports: { HTTP: 4646, RPC: 4647, Serf: 4648 },
  Addresses: noEndpoints,
  AdvertiseAddrs: noEndpoints,
  Client: {
    Enabled: false,
    StateDir: "",
    AllocDir: "",
    Servers: null,
    NodeClass: "",
    Options: {},
    Meta: {},
    ChrootEnv: {},
    Artifact: {},
    NetworkInterface: "",
    NetworkSpeed: 100,
    MaxKillTimeout: "30s",
    ClientMinPort: 14000,
    ClientMaxPort: 14512,
    GCInterval: minutes(1),
    GCParallelDestroys: 2,
    GCDiskUsageThreshold: 80,
    GCInodeUsageThreshold: 70,
    GCMaxAllocs: 50,
    Reserved: { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0, ReservedPorts: "", ParsedReservedPorts: null },
  },
  Server: {
    Enabled: false,
    BootstrapExpect: 0,
    DataDir: "",
    ProtocolVersion: 0,
    NumSchedulers: 0,
    EnabledSchedulers: null,
    NodeGCThreshold: "",
    HeartbeatGrace: "",
    StartJoin: [],
    RetryJoin: [],
    RetryMaxAttempts: 0,
    RetryInterval: "30s",
    RejoinAfterLeave: false,
    EncryptKey: "",
    DefaultSchedulerConfig: null,
  },
  Consul: {
    Addr: "",
    Token: "",
    Auth: "",
    EnableSSL: false,
    VerifySSL: true,
    CAFile: "",
    CertFile: "",
    KeyFile: "",
    ServerServiceName: "nomad",
    ClientServiceName: "nomad-client",
    AutoAdvertise: true,
    ServerAutoJoin: true,
    ClientAutoJoin: true,
    Timeout: 5e9,
  },
  Telemetry: {
    StatsiteAddr: "",
    StatsdAddr: "",
    CollectionInterval: "1s",
    DisableHostname: false,
    UseNodeName: false,
    PrefixFilter: [],
    FilterDefault: true,
    PublishNodeMetrics: false,
    PublishAllocationMetrics: false,
    PrometheusMetrics: false,
    CirconusAPIToken: "",
    CirconusAPIApp: "",
    CirconusAPIURL: "",
    CirconusSubmissionInterval: "",
    CirconusCheckSubmissionURL: "",
    CirconusCheckID: "",
    CirconusCheckForceMetricActivation: "",
    CirconusCheckInstanceID: "",
    CirconusCheckSearchTag: "",
    CirconusBrokerID: "",
    CirconusBrokerSelectTag: "",
  },
  Atlas: { Infrastructure: "", Join: false, Endpoint: "" },
  LeaveOnInt: false,
  LeaveOnTerm: false,
  EnableSyslog: false,
  SyslogFacility: "LOCAL0",
  DisableUpdateCheck: false,
  DisableAnonymousSignature: false,
  HTTPAPIResponseHeaders: {},
  HTTPHosts: [],
  Limits: { HTTPMaxConnsPerClient: 0, RPCMaxConnsPerClient: 0 },
  Compat: { AgentMembers: "list" },
  DevMode: false,
  Files: [],
  Version: compatibleVersion,
  VersionPrerelease: "",
  Revision: "",
};

/** What `-dev` sets before any file is read. */
export const devSettings: PartialSettings = {
  LogLevel: "DEBUG",
  DevMode: true,
  EnableDebug: true,
  DisableAnonymousSignature: true,
  Telemetry: { PublishNodeMetrics: true, PublishAllocationMetrics: true, PrometheusMetrics: true },
  Server: { Enabled: true },
  Client: { Enabled: true, NetworkInterface: "lo", Options: { "driver.raw_exec.enable": "true" } },
};
