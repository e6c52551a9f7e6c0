/** The shapes of what is asked and answered. Made by `npm run shapes` of the schemas: not to be changed by hand. */

/** Any value of JSON. */
export type AnyValue = NonNullable<unknown> | null;

export interface Affinity {
  readonly LTarget: string;
  readonly RTarget: string;
  readonly Operand: string;
  readonly Weight: number;
}

export interface AffinityInput {
  readonly LTarget?: string | null;
  readonly RTarget?: string | null;
  readonly Operand?: string | null;
  readonly Weight?: number | null;
}

export interface AgentHealth {
  readonly client?: { readonly ok: boolean; readonly message: string };
  readonly server?: { readonly ok: boolean; readonly message: string };
}

export interface AgentSelf {
  readonly config: AnyValue;
  readonly member: Member;
  readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface AllocMetric {
  readonly NodesEvaluated: number;
  readonly NodesFiltered: number;
  readonly NodesInPool: number;
  readonly NodesAvailable: Readonly<Record<string, number>>;
  readonly ClassFiltered: Readonly<Record<string, number>>;
  readonly ConstraintFiltered: Readonly<Record<string, number>>;
  readonly NodesExhausted: number;
  readonly ClassExhausted: Readonly<Record<string, number>>;
  readonly DimensionExhausted: Readonly<Record<string, number>>;
  readonly QuotaExhausted: readonly string[];
  readonly ResourcesExhausted: Readonly<Record<string, AnyValue>>;
  readonly Scores: Readonly<Record<string, number>>;
  readonly ScoreMetaData: readonly {
    readonly NodeID: string;
    readonly Scores: Readonly<Record<string, number>>;
    readonly NormScore: number;
  }[];
  readonly AllocationTime: number;
  readonly CoalescedFailures: number;
}

export interface Allocation {
  readonly ID: string;
  readonly Namespace: string;
  readonly EvalID: string;
  readonly Name: string;
  readonly NodeID: string;
  readonly NodeName: string;
  readonly JobID: string;
  readonly Job: Job | null;
  readonly TaskGroup: string;
  readonly Resources: Resources | null;
  readonly SharedResources: Resources | null;
  readonly TaskResources: Readonly<Record<string, Resources>>;
  readonly AllocatedResources: {
    readonly Tasks: Readonly<
      Record<
        string,
        {
          readonly Cpu: { readonly CpuShares: number };
          readonly Memory: { readonly MemoryMB: number; readonly MemoryMaxMB: number };
          readonly Networks: readonly NetworkResource[];
          readonly Devices: readonly AnyValue[];
        }
      >
    >;
    readonly TaskLifecycles: Readonly<Record<string, { readonly Hook: string; readonly Sidecar: boolean } | null>>;
    readonly Shared: {
      readonly DiskMB: number;
      readonly Networks: readonly NetworkResource[];
      readonly Ports: readonly {
        readonly Label: string;
        readonly Value: number;
        readonly To: number;
        readonly HostIP: string;
      }[];
    };
  } | null;
  readonly Metrics: AllocMetric | null;
  readonly DesiredStatus: string;
  readonly DesiredDescription: string;
  readonly DesiredTransition: {
    readonly Migrate: boolean | null;
    readonly Reschedule: boolean | null;
    readonly ForceReschedule: boolean | null;
  };
  readonly ClientStatus: string;
  readonly ClientDescription: string;
  readonly TaskStates: Readonly<Record<string, TaskState>>;
  readonly PreviousAllocation: string;
  readonly NextAllocation: string;
  readonly DeploymentID: string;
  readonly DeploymentStatus: AnyValue;
  readonly FollowupEvalID: string;
  readonly RescheduleTracker: AnyValue;
  readonly NetworkStatus: AnyValue;
  readonly PreemptedAllocations: readonly string[];
  readonly PreemptedByAllocation: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly AllocModifyIndex: number;
  readonly CreateTime: number;
  readonly ModifyTime: number;
}

export interface AllocationListStub {
  readonly ID: string;
  readonly EvalID: string;
  readonly Name: string;
  readonly Namespace: string;
  readonly NodeID: string;
  readonly NodeName: string;
  readonly JobID: string;
  readonly JobType: string;
  readonly JobVersion: number;
  readonly TaskGroup: string;
  readonly DesiredStatus: string;
  readonly DesiredDescription: string;
  readonly DesiredTransition: {
    readonly Migrate: boolean | null;
    readonly Reschedule: boolean | null;
    readonly ForceReschedule: boolean | null;
  };
  readonly ClientStatus: string;
  readonly ClientDescription: string;
  readonly TaskStates: Readonly<Record<string, TaskState>>;
  readonly DeploymentStatus: AnyValue;
  readonly FollowupEvalID: string;
  readonly RescheduleTracker: AnyValue;
  readonly PreemptedAllocations: readonly string[];
  readonly PreemptedByAllocation: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly CreateTime: number;
  readonly ModifyTime: number;
}

export interface AllocationUsage {
  readonly ResourceUsage: ResourceUsage;
  readonly Tasks: Readonly<
    Record<
      string,
      {
        readonly ResourceUsage: ResourceUsage;
        readonly Timestamp: number;
        readonly Pids: Readonly<Record<string, ResourceUsage>>;
      }
    >
  >;
  readonly Timestamp: number;
}

export interface Constraint {
  readonly LTarget: string;
  readonly RTarget: string;
  readonly Operand: string;
}

export interface ConstraintInput {
  readonly LTarget?: string | null;
  readonly RTarget?: string | null;
  readonly Operand?: string | null;
}

export interface Evaluation {
  readonly ID: string;
  readonly Namespace: string;
  readonly Priority: number;
  readonly Type: string;
  readonly TriggeredBy: string;
  readonly JobID: string;
  readonly JobModifyIndex: number;
  readonly NodeID: string;
  readonly NodeModifyIndex: number;
  readonly DeploymentID: string;
  readonly Status: string;
  readonly StatusDescription: string;
  readonly Wait: number;
  readonly WaitUntil: string | null;
  readonly NextEval: string;
  readonly PreviousEval: string;
  readonly BlockedEval: string;
  readonly FailedTGAllocs: Readonly<Record<string, PlacementFailure>>;
  readonly ClassEligibility: Readonly<Record<string, boolean>>;
  readonly EscapedComputedClass: boolean;
  readonly QuotaLimitReached: string;
  readonly AnnotatePlan: boolean;
  readonly QueuedAllocations: Readonly<Record<string, number>>;
  readonly SnapshotIndex: number;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly CreateTime: number;
  readonly ModifyTime: number;
}

export interface Explanation {
  readonly JobID: string;
  readonly Namespace: string;
  readonly EvalID: string;
  readonly Runs: boolean;
  readonly Summary: string;
  readonly Remarks: readonly { readonly Kind: string; readonly Text: string }[];
  readonly Earlier: readonly {
    readonly Group: string;
    readonly NodesRefusing: number;
    readonly Reasons: readonly string[];
  }[];
  readonly Groups: readonly {
    readonly Name: string;
    readonly Wanted: number;
    readonly Running: number;
    readonly Starting: number;
    readonly Ended: number;
    readonly Placeable: number;
    readonly Unplaced: number;
    readonly NodesRefusing: number;
    readonly Refusals: readonly {
      readonly NodeClass: string;
      readonly Nodes: number;
      readonly Constraint: string;
      readonly Dimension: string;
      readonly Needed: number;
      readonly Free: number;
      readonly NodeID: string;
    }[];
    readonly Reasons: readonly string[];
    readonly Remarks: readonly { readonly Kind: string; readonly Text: string }[];
    readonly Remedies: readonly Remedy[];
  }[];
  readonly Tries: number;
  readonly IsCut: boolean;
}

export interface FileInfo {
  readonly Name: string;
  readonly IsDir: boolean;
  readonly Size: number;
  readonly FileMode: string;
  readonly ModTime: string;
  readonly ContentType?: string;
}

export interface GossipKeys {
  readonly Messages: Readonly<Record<string, string>>;
  readonly Keys: Readonly<Record<string, number>>;
  readonly NumNodes: number;
}

export interface HostStats {
  readonly Memory: { readonly Total: number; readonly Available: number; readonly Used: number; readonly Free: number };
  readonly CPU: readonly {
    readonly CPU: string;
    readonly User: number;
    readonly System: number;
    readonly Idle: number;
    readonly Total: number;
  }[];
  readonly DiskStats: readonly {
    readonly Device: string;
    readonly Mountpoint: string;
    readonly Size: number;
    readonly Used: number;
    readonly Available: number;
    readonly UsedPercent: number;
    readonly InodesUsedPercent: number;
  }[];
  readonly AllocDirStats: {
    readonly Device: string;
    readonly Mountpoint: string;
    readonly Size: number;
    readonly Used: number;
    readonly Available: number;
    readonly UsedPercent: number;
    readonly InodesUsedPercent: number;
  } | null;
  readonly DeviceStats: readonly AnyValue[];
  readonly Uptime: number;
  readonly Timestamp: number;
  readonly CPUTicksConsumed: number;
}

export interface Job {
  readonly Region: string;
  readonly Namespace: string;
  readonly ID: string;
  readonly ParentID: string;
  readonly Name: string;
  readonly Type: string;
  readonly Priority: number;
  readonly AllAtOnce: boolean;
  readonly Datacenters: readonly string[];
  readonly NodePool: string;
  readonly Constraints: readonly Constraint[];
  readonly Affinities: readonly Affinity[];
  readonly Spreads: readonly Spread[];
  readonly TaskGroups: readonly TaskGroup[];
  readonly Update: {
    readonly Stagger: number;
    readonly MaxParallel: number;
    readonly HealthCheck: string;
    readonly MinHealthyTime: number;
    readonly HealthyDeadline: number;
    readonly ProgressDeadline: number;
    readonly AutoRevert: boolean;
    readonly AutoPromote: boolean;
    readonly Canary: number;
  };
  readonly Multiregion: AnyValue;
  readonly Periodic: {
    readonly Enabled: boolean;
    readonly Spec: string;
    readonly SpecType: string;
    readonly ProhibitOverlap: boolean;
    readonly TimeZone: string;
  } | null;
  readonly ParameterizedJob: AnyValue;
  readonly Dispatched: boolean;
  readonly DispatchIdempotencyToken: string;
  readonly Payload: AnyValue;
  readonly Meta: Readonly<Record<string, string>>;
  readonly ConsulToken: string;
  readonly VaultToken: string;
  readonly VaultNamespace: string;
  readonly NomadTokenID: string;
  readonly Status: string;
  readonly StatusDescription: string;
  readonly Stop: boolean;
  readonly Stable: boolean;
  readonly Version: number;
  readonly SubmitTime: number;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly JobModifyIndex: number;
}

export interface JobChange {
  readonly EvalID: string;
  readonly EvalCreateIndex: number;
  readonly JobModifyIndex: number;
  readonly Warnings: string;
  readonly Index: number;
  readonly KnownLeader: boolean;
  readonly LastContact: number;
}

export interface JobDiff {
  readonly Type: string;
  readonly ID: string;
  readonly Fields: readonly {
    readonly Type: string;
    readonly Name: string;
    readonly Old: string;
    readonly New: string;
    readonly Annotations: readonly string[];
  }[];
  readonly Objects: readonly ObjectDiff[];
  readonly TaskGroups: readonly {
    readonly Type: string;
    readonly Name: string;
    readonly Fields: readonly {
      readonly Type: string;
      readonly Name: string;
      readonly Old: string;
      readonly New: string;
      readonly Annotations: readonly string[];
    }[];
    readonly Objects: readonly ObjectDiff[];
    readonly Tasks: readonly {
      readonly Type: string;
      readonly Name: string;
      readonly Fields: readonly {
        readonly Type: string;
        readonly Name: string;
        readonly Old: string;
        readonly New: string;
        readonly Annotations: readonly string[];
      }[];
      readonly Objects: readonly ObjectDiff[];
      readonly Annotations: readonly string[];
    }[];
    readonly Updates: Readonly<Record<string, number>>;
  }[];
}

export interface JobInput {
  readonly Region?: string | null;
  readonly Namespace?: string | null;
  readonly ID?: string | null;
  readonly ParentID?: string | null;
  readonly Name?: string | null;
  readonly Type?: string | null;
  readonly Priority?: number | null;
  readonly AllAtOnce?: boolean | null;
  readonly Datacenters?: readonly (string | null)[] | null;
  readonly NodePool?: string | null;
  readonly Constraints?: readonly ConstraintInput[] | null;
  readonly Affinities?: readonly AffinityInput[] | null;
  readonly Spreads?: readonly SpreadInput[] | null;
  readonly TaskGroups?: readonly TaskGroupInput[] | null;
  readonly Update?: {
    readonly Stagger?: number | null;
    readonly MaxParallel?: number | null;
    readonly HealthCheck?: string | null;
    readonly MinHealthyTime?: number | null;
    readonly HealthyDeadline?: number | null;
    readonly ProgressDeadline?: number | null;
    readonly AutoRevert?: boolean | null;
    readonly AutoPromote?: boolean | null;
    readonly Canary?: number | null;
  } | null;
  readonly Multiregion?: AnyValue;
  readonly Periodic?: {
    readonly Enabled?: boolean | null;
    readonly Spec?: string | null;
    readonly SpecType?: string | null;
    readonly ProhibitOverlap?: boolean | null;
    readonly TimeZone?: string | null;
  } | null;
  readonly ParameterizedJob?: AnyValue;
  readonly Dispatched?: boolean | null;
  readonly DispatchIdempotencyToken?: string | null;
  readonly Payload?: AnyValue;
  readonly Meta?: Readonly<Record<string, string | null>> | null;
  readonly ConsulToken?: string | null;
  readonly VaultToken?: string | null;
  readonly VaultNamespace?: string | null;
  readonly NomadTokenID?: string | null;
  readonly Status?: string | null;
  readonly StatusDescription?: string | null;
  readonly Stop?: boolean | null;
  readonly Stable?: boolean | null;
  readonly Version?: number | null;
  readonly SubmitTime?: number | null;
  readonly CreateIndex?: number | null;
  readonly ModifyIndex?: number | null;
  readonly JobModifyIndex?: number | null;
}

export interface JobListStub {
  readonly ID: string;
  readonly ParentID: string;
  readonly Name: string;
  readonly Namespace: string;
  readonly Datacenters: readonly string[];
  readonly NodePool: string;
  readonly Multiregion: AnyValue;
  readonly Type: string;
  readonly Priority: number;
  readonly Periodic: boolean;
  readonly ParameterizedJob: boolean;
  readonly Stop: boolean;
  readonly Status: string;
  readonly StatusDescription: string;
  readonly JobSummary: JobSummary | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly JobModifyIndex: number;
  readonly SubmitTime: number;
}

export interface JobPlan {
  readonly Annotations: {
    readonly DesiredTGUpdates: Readonly<
      Record<
        string,
        {
          readonly Ignore: number;
          readonly Place: number;
          readonly Migrate: number;
          readonly Stop: number;
          readonly InPlaceUpdate: number;
          readonly DestructiveUpdate: number;
          readonly Canary: number;
          readonly Preemptions: number;
        }
      >
    >;
    readonly PreemptedAllocs: readonly AllocationListStub[];
  } | null;
  readonly FailedTGAllocs: Readonly<Record<string, PlacementFailure>>;
  readonly JobModifyIndex: number;
  readonly CreatedEvals: readonly Evaluation[];
  readonly Diff: JobDiff | null;
  readonly NextPeriodicLaunch: string;
  readonly Warnings: string;
  readonly Index: number;
}

export interface JobSummary {
  readonly JobID: string;
  readonly Namespace: string;
  readonly Summary: Readonly<
    Record<
      string,
      {
        readonly Queued: number;
        readonly Complete: number;
        readonly Failed: number;
        readonly Running: number;
        readonly Starting: number;
        readonly Lost: number;
        readonly Unknown: number;
      }
    >
  >;
  readonly Children: { readonly Pending: number; readonly Running: number; readonly Dead: number };
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface JobValidation {
  readonly DriverConfigValidated: boolean;
  readonly ValidationErrors: readonly string[];
  readonly Error: string;
  readonly Warnings: string;
}

export interface JoinResult {
  readonly num_joined: number;
  readonly error: string;
}

export interface LeadershipTransfer {
  readonly From: RaftServer | null;
  readonly To: RaftServer | null;
  readonly Noop: boolean;
  readonly Err: null;
}

export interface Member {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>>;
  readonly Status: string;
  readonly ProtocolMin: number;
  readonly ProtocolMax: number;
  readonly ProtocolCur: number;
  readonly DelegateMin: number;
  readonly DelegateMax: number;
  readonly DelegateCur: number;
}

export interface MetricsSummary {
  readonly Timestamp: string;
  readonly Gauges: readonly {
    readonly Name: string;
    readonly Value: number;
    readonly Labels: Readonly<Record<string, string>>;
  }[];
  readonly Points: readonly { readonly Name: string; readonly Points: readonly number[] }[];
  readonly Counters: readonly SampledValue[];
  readonly Samples: readonly SampledValue[];
}

export interface NetworkResource {
  readonly Mode: string;
  readonly Device: string;
  readonly CIDR: string;
  readonly IP: string;
  readonly MBits: number;
  readonly DNS: AnyValue;
  readonly ReservedPorts: readonly Port[];
  readonly DynamicPorts: readonly Port[];
}

export interface NetworkResourceInput {
  readonly Mode?: string | null;
  readonly Device?: string | null;
  readonly CIDR?: string | null;
  readonly IP?: string | null;
  readonly MBits?: number | null;
  readonly DNS?: AnyValue;
  readonly ReservedPorts?: readonly PortInput[] | null;
  readonly DynamicPorts?: readonly PortInput[] | null;
}

export interface Node {
  readonly ID: string;
  readonly SecretID: string;
  readonly Datacenter: string;
  readonly Name: string;
  readonly HTTPAddr: string;
  readonly TLSEnabled: boolean;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly Resources: Resources | null;
  readonly Reserved: Resources | null;
  readonly NodeResources: {
    readonly Cpu: { readonly CpuShares: number };
    readonly Memory: { readonly MemoryMB: number };
    readonly Disk: { readonly DiskMB: number };
    readonly Networks: readonly NetworkResource[];
    readonly NodeNetworks: readonly AnyValue[];
    readonly Devices: readonly AnyValue[];
    readonly MinDynamicPort: number;
    readonly MaxDynamicPort: number;
  };
  readonly ReservedResources: {
    readonly Cpu: { readonly CpuShares: number };
    readonly Memory: { readonly MemoryMB: number };
    readonly Disk: { readonly DiskMB: number };
    readonly Networks: { readonly ReservedHostPorts: string };
  };
  readonly Links: Readonly<Record<string, string>>;
  readonly Meta: Readonly<Record<string, string>>;
  readonly NodeClass: string;
  readonly NodePool: string;
  readonly ComputedClass: string;
  readonly Drain: boolean;
  readonly DrainStrategy: {
    readonly Deadline: number;
    readonly IgnoreSystemJobs: boolean;
    readonly ForceDeadline: string | null;
    readonly StartedAt: string | null;
  } | null;
  readonly SchedulingEligibility: string;
  readonly Status: string;
  readonly StatusDescription: string;
  readonly StatusUpdatedAt: number;
  readonly Events: readonly {
    readonly Message: string;
    readonly Subsystem: string;
    readonly Details: Readonly<Record<string, string>>;
    readonly Timestamp: string | null;
    readonly CreateIndex: number;
  }[];
  readonly Drivers: Readonly<
    Record<
      string,
      {
        readonly Attributes: Readonly<Record<string, string>>;
        readonly Detected: boolean;
        readonly Healthy: boolean;
        readonly HealthDescription: string;
        readonly UpdateTime: string | null;
      }
    >
  >;
  readonly HostVolumes: Readonly<Record<string, AnyValue>>;
  readonly HostNetworks: Readonly<Record<string, AnyValue>>;
  readonly CSIControllerPlugins: Readonly<Record<string, AnyValue>>;
  readonly CSINodePlugins: Readonly<Record<string, AnyValue>>;
  readonly LastDrain: AnyValue;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface NodeDrainUpdate {
  readonly EvalIDs: readonly string[];
  readonly EvalCreateIndex: number;
  readonly NodeModifyIndex: number;
  readonly Index: number;
  readonly KnownLeader: boolean;
  readonly LastContact: number;
}

export interface NodeEligibilityUpdate {
  readonly EvalIDs: readonly string[];
  readonly EvalCreateIndex: number;
  readonly NodeModifyIndex: number;
  readonly Index: number;
}

export interface NodeEvaluation {
  readonly EvalIDs: readonly string[];
  readonly EvalCreateIndex: number;
  readonly NodeModifyIndex: number;
  readonly Index: number;
  readonly KnownLeader: boolean;
  readonly LastContact: number;
  readonly HeartbeatTTL: number;
  readonly LeaderRPCAddr: string;
  readonly NumNodes: number;
  readonly Servers: readonly {
    readonly RPCAdvertiseAddr: string;
    readonly RPCMajorVersion: number;
    readonly RPCMinorVersion: number;
    readonly Datacenter: string;
  }[];
}

export interface NodeListStub {
  readonly Address: string;
  readonly ID: string;
  readonly Datacenter: string;
  readonly Name: string;
  readonly NodeClass: string;
  readonly NodePool: string;
  readonly Version: string;
  readonly Drain: boolean;
  readonly SchedulingEligibility: string;
  readonly Status: string;
  readonly StatusDescription: string;
  readonly Drivers: Readonly<
    Record<
      string,
      {
        readonly Attributes: Readonly<Record<string, string>>;
        readonly Detected: boolean;
        readonly Healthy: boolean;
        readonly HealthDescription: string;
        readonly UpdateTime: string | null;
      }
    >
  >;
  readonly HostVolumes: Readonly<Record<string, AnyValue>>;
  readonly LastDrain: AnyValue;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface ObjectDiff {
  readonly Type: string;
  readonly Name: string;
  readonly Fields: readonly {
    readonly Type: string;
    readonly Name: string;
    readonly Old: string;
    readonly New: string;
    readonly Annotations: readonly string[];
  }[];
  readonly Objects: readonly ObjectDiff[];
}

export interface PeriodicLaunch {
  readonly EvalID: string;
  readonly EvalCreateIndex: number;
  readonly Index: number;
}

export interface PlacementFailure {
  readonly NodesEvaluated: number;
  readonly NodesFiltered: number;
  readonly NodesInPool: number;
  readonly NodesAvailable: Readonly<Record<string, number>>;
  readonly ClassFiltered: Readonly<Record<string, number>>;
  readonly ConstraintFiltered: Readonly<Record<string, number>>;
  readonly NodesExhausted: number;
  readonly ClassExhausted: Readonly<Record<string, number>>;
  readonly DimensionExhausted: Readonly<Record<string, number>>;
  readonly QuotaExhausted: readonly string[];
  readonly ResourcesExhausted: Readonly<Record<string, AnyValue>>;
  readonly Scores: Readonly<Record<string, number>>;
  readonly ScoreMetaData: readonly {
    readonly NodeID: string;
    readonly Scores: Readonly<Record<string, number>>;
    readonly NormScore: number;
  }[];
  readonly AllocationTime: number;
  readonly CoalescedFailures: number;
  readonly Refusals: readonly {
    readonly NodeClass: string;
    readonly Nodes: number;
    readonly Constraint: string;
    readonly Dimension: string;
    readonly Needed: number;
    readonly Free: number;
    readonly NodeID: string;
  }[];
}

export interface Port {
  readonly Label: string;
  readonly Value: number;
  readonly To: number;
  readonly HostNetwork: string;
}

export interface PortInput {
  readonly Label?: string | null;
  readonly Value?: number | null;
  readonly To?: number | null;
  readonly HostNetwork?: string | null;
}

export interface RaftConfiguration {
  readonly Servers: readonly RaftServer[];
  readonly Index: number;
}

export interface RaftServer {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
  readonly RaftProtocol: string;
}

export interface Remedy {
  readonly Kind: string;
  readonly Text: string;
  readonly Places: number;
  readonly Task: string;
  readonly Resource: string;
  readonly From: number;
  readonly To: number;
  readonly Level: string;
  readonly Constraint: Constraint | null;
  readonly Datacenter: string;
  readonly NodeID: string;
  readonly AllocID: string;
  readonly JobID: string;
}

export interface ResourceUsage {
  readonly MemoryStats: {
    readonly RSS: number;
    readonly Cache: number;
    readonly Swap: number;
    readonly Usage: number;
    readonly MaxUsage: number;
    readonly KernelUsage: number;
    readonly KernelMaxUsage: number;
    readonly Measured: readonly string[];
  };
  readonly CpuStats: {
    readonly SystemMode: number;
    readonly UserMode: number;
    readonly TotalTicks: number;
    readonly ThrottledPeriods: number;
    readonly ThrottledTime: number;
    readonly Percent: number;
    readonly Measured: readonly string[];
  };
  readonly DeviceStats: readonly AnyValue[];
}

export interface Resources {
  readonly CPU: number;
  readonly MemoryMB: number;
  readonly MemoryMaxMB: number;
  readonly DiskMB: number;
  readonly IOPS: number;
  readonly Networks: readonly NetworkResource[];
  readonly Devices: readonly AnyValue[];
}

export interface ResourcesInput {
  readonly CPU?: number | null;
  readonly MemoryMB?: number | null;
  readonly MemoryMaxMB?: number | null;
  readonly DiskMB?: number | null;
  readonly IOPS?: number | null;
  readonly Networks?: readonly NetworkResourceInput[] | null;
  readonly Devices?: readonly AnyValue[] | null;
}

export interface SampledValue {
  readonly Name: string;
  readonly Count: number;
  readonly Rate: number;
  readonly Sum: number;
  readonly Min: number;
  readonly Max: number;
  readonly Mean: number;
  readonly Stddev: number;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface SchedulerConfiguration {
  readonly SchedulerAlgorithm: string;
  readonly PreemptionConfig: {
    readonly SystemSchedulerEnabled: boolean;
    readonly SysBatchSchedulerEnabled: boolean;
    readonly BatchSchedulerEnabled: boolean;
    readonly ServiceSchedulerEnabled: boolean;
  };
  readonly MemoryOversubscriptionEnabled: boolean;
  readonly RejectJobRegistration: boolean;
  readonly PauseEvalBroker: boolean;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface SchedulerConfigurationInput {
  readonly SchedulerAlgorithm?: string | null;
  readonly PreemptionConfig?: {
    readonly SystemSchedulerEnabled?: boolean | null;
    readonly SysBatchSchedulerEnabled?: boolean | null;
    readonly BatchSchedulerEnabled?: boolean | null;
    readonly ServiceSchedulerEnabled?: boolean | null;
  } | null;
  readonly MemoryOversubscriptionEnabled?: boolean | null;
  readonly RejectJobRegistration?: boolean | null;
  readonly PauseEvalBroker?: boolean | null;
  readonly CreateIndex?: number | null;
  readonly ModifyIndex?: number | null;
}

export interface SchedulerConfigurationRead {
  readonly SchedulerConfig: SchedulerConfiguration | null;
  readonly Index: number;
  readonly KnownLeader: boolean;
  readonly LastContact: number;
  readonly NextToken: string;
}

export interface SchedulerConfigurationUpdate {
  readonly Updated: boolean;
  readonly Index: number;
}

export interface SearchMatches {
  readonly Matches: Readonly<Record<string, readonly string[]>>;
  readonly Truncations: Readonly<Record<string, boolean>>;
  readonly Index: number;
  readonly KnownLeader: boolean;
  readonly LastContact: number;
}

export interface ServerMembers {
  readonly ServerName: string;
  readonly ServerRegion: string;
  readonly ServerDC: string;
  readonly Members: readonly Member[];
}

export interface Service {
  readonly Name: string;
  readonly PortLabel: string;
  readonly AddressMode: string;
  readonly Provider: string;
  readonly Tags: readonly string[];
  readonly CanaryTags: readonly string[];
  readonly Checks: readonly ServiceCheck[];
  readonly Meta: Readonly<Record<string, string>>;
}

export interface ServiceCheck {
  readonly Name: string;
  readonly Type: string;
  readonly Command: string;
  readonly Args: readonly string[];
  readonly Path: string;
  readonly Protocol: string;
  readonly PortLabel: string;
  readonly Interval: number;
  readonly Timeout: number;
  readonly InitialStatus: string;
}

export interface ServiceCheckInput {
  readonly Name?: string | null;
  readonly Type?: string | null;
  readonly Command?: string | null;
  readonly Args?: readonly (string | null)[] | null;
  readonly Path?: string | null;
  readonly Protocol?: string | null;
  readonly PortLabel?: string | null;
  readonly Interval?: number | null;
  readonly Timeout?: number | null;
  readonly InitialStatus?: string | null;
}

export interface ServiceInput {
  readonly Name?: string | null;
  readonly PortLabel?: string | null;
  readonly AddressMode?: string | null;
  readonly Provider?: string | null;
  readonly Tags?: readonly (string | null)[] | null;
  readonly CanaryTags?: readonly (string | null)[] | null;
  readonly Checks?: readonly ServiceCheckInput[] | null;
  readonly Meta?: Readonly<Record<string, string | null>> | null;
}

export interface Spread {
  readonly Attribute: string;
  readonly Weight: number;
  readonly SpreadTarget: readonly { readonly Value: string; readonly Percent: number }[];
}

export interface SpreadInput {
  readonly Attribute?: string | null;
  readonly Weight?: number | null;
  readonly SpreadTarget?: readonly { readonly Value?: string | null; readonly Percent?: number | null }[] | null;
}

export interface Task {
  readonly Name: string;
  readonly Driver: string;
  readonly User: string;
  readonly Config: Readonly<Record<string, AnyValue>>;
  readonly Env: Readonly<Record<string, string>>;
  readonly Services: readonly Service[];
  readonly Constraints: readonly Constraint[];
  readonly Affinities: readonly Affinity[];
  readonly Resources: Resources | null;
  readonly RestartPolicy: {
    readonly Attempts: number;
    readonly Interval: number;
    readonly Delay: number;
    readonly Mode: string;
  } | null;
  readonly Lifecycle: { readonly Hook: string; readonly Sidecar: boolean } | null;
  readonly Meta: Readonly<Record<string, string>>;
  readonly KillTimeout: number;
  readonly KillSignal: string;
  readonly ShutdownDelay: number;
  readonly LogConfig: { readonly MaxFiles: number; readonly MaxFileSizeMB: number } | null;
  readonly Artifacts: readonly {
    readonly GetterSource: string;
    readonly GetterOptions: Readonly<Record<string, string>>;
    readonly GetterHeaders: Readonly<Record<string, string>>;
    readonly GetterMode: string;
    readonly RelativeDest: string;
  }[];
  readonly Templates: readonly AnyValue[];
  readonly VolumeMounts: readonly AnyValue[];
  readonly ScalingPolicies: readonly AnyValue[];
  readonly Vault: AnyValue;
  readonly DispatchPayload: AnyValue;
  readonly CSIPluginConfig: AnyValue;
  readonly Leader: boolean;
  readonly Kind: string;
}

export interface TaskGroup {
  readonly Name: string;
  readonly Count: number;
  readonly Constraints: readonly Constraint[];
  readonly Affinities: readonly Affinity[];
  readonly Spreads: readonly Spread[];
  readonly RestartPolicy: {
    readonly Attempts: number;
    readonly Interval: number;
    readonly Delay: number;
    readonly Mode: string;
  } | null;
  readonly ReschedulePolicy: {
    readonly Attempts: number;
    readonly Interval: number;
    readonly Delay: number;
    readonly DelayFunction: string;
    readonly MaxDelay: number;
    readonly Unlimited: boolean;
  } | null;
  readonly EphemeralDisk: { readonly Sticky: boolean; readonly Migrate: boolean; readonly SizeMB: number } | null;
  readonly Update: {
    readonly Stagger: number;
    readonly MaxParallel: number;
    readonly HealthCheck: string;
    readonly MinHealthyTime: number;
    readonly HealthyDeadline: number;
    readonly ProgressDeadline: number;
    readonly AutoRevert: boolean;
    readonly AutoPromote: boolean;
    readonly Canary: number;
  } | null;
  readonly Migrate: {
    readonly MaxParallel: number;
    readonly HealthCheck: string;
    readonly MinHealthyTime: number;
    readonly HealthyDeadline: number;
  } | null;
  readonly Tasks: readonly Task[];
  readonly Networks: readonly NetworkResource[];
  readonly Services: readonly Service[];
  readonly Volumes: Readonly<Record<string, AnyValue>>;
  readonly Meta: Readonly<Record<string, string>>;
  readonly Scaling: AnyValue;
  readonly ShutdownDelay: number | null;
  readonly StopAfterClientDisconnect: number | null;
}

export interface TaskGroupInput {
  readonly Name?: string | null;
  readonly Count?: number | null;
  readonly Constraints?: readonly ConstraintInput[] | null;
  readonly Affinities?: readonly AffinityInput[] | null;
  readonly Spreads?: readonly SpreadInput[] | null;
  readonly RestartPolicy?: {
    readonly Attempts?: number | null;
    readonly Interval?: number | null;
    readonly Delay?: number | null;
    readonly Mode?: string | null;
  } | null;
  readonly ReschedulePolicy?: {
    readonly Attempts?: number | null;
    readonly Interval?: number | null;
    readonly Delay?: number | null;
    readonly DelayFunction?: string | null;
    readonly MaxDelay?: number | null;
    readonly Unlimited?: boolean | null;
  } | null;
  readonly EphemeralDisk?: {
    readonly Sticky?: boolean | null;
    readonly Migrate?: boolean | null;
    readonly SizeMB?: number | null;
  } | null;
  readonly Update?: {
    readonly Stagger?: number | null;
    readonly MaxParallel?: number | null;
    readonly HealthCheck?: string | null;
    readonly MinHealthyTime?: number | null;
    readonly HealthyDeadline?: number | null;
    readonly ProgressDeadline?: number | null;
    readonly AutoRevert?: boolean | null;
    readonly AutoPromote?: boolean | null;
    readonly Canary?: number | null;
  } | null;
  readonly Migrate?: {
    readonly MaxParallel?: number | null;
    readonly HealthCheck?: string | null;
    readonly MinHealthyTime?: number | null;
    readonly HealthyDeadline?: number | null;
  } | null;
  readonly Tasks?: readonly TaskInput[] | null;
  readonly Networks?: readonly NetworkResourceInput[] | null;
  readonly Services?: readonly ServiceInput[] | null;
  readonly Volumes?: Readonly<Record<string, AnyValue>> | null;
  readonly Meta?: Readonly<Record<string, string | null>> | null;
  readonly Scaling?: AnyValue;
  readonly ShutdownDelay?: number | null;
  readonly StopAfterClientDisconnect?: number | null;
}

export interface TaskInput {
  readonly Name?: string | null;
  readonly Driver?: string | null;
  readonly User?: string | null;
  readonly Config?: Readonly<Record<string, AnyValue>> | null;
  readonly Env?: Readonly<Record<string, string | null>> | null;
  readonly Services?: readonly ServiceInput[] | null;
  readonly Constraints?: readonly ConstraintInput[] | null;
  readonly Affinities?: readonly AffinityInput[] | null;
  readonly Resources?: ResourcesInput | null;
  readonly RestartPolicy?: {
    readonly Attempts?: number | null;
    readonly Interval?: number | null;
    readonly Delay?: number | null;
    readonly Mode?: string | null;
  } | null;
  readonly Lifecycle?: { readonly Hook?: string | null; readonly Sidecar?: boolean | null } | null;
  readonly Meta?: Readonly<Record<string, string | null>> | null;
  readonly KillTimeout?: number | null;
  readonly KillSignal?: string | null;
  readonly ShutdownDelay?: number | null;
  readonly LogConfig?: { readonly MaxFiles?: number | null; readonly MaxFileSizeMB?: number | null } | null;
  readonly Artifacts?:
    | readonly {
        readonly GetterSource?: string | null;
        readonly GetterOptions?: Readonly<Record<string, string | null>> | null;
        readonly GetterHeaders?: Readonly<Record<string, string | null>> | null;
        readonly GetterMode?: string | null;
        readonly RelativeDest?: string | null;
      }[]
    | null;
  readonly Templates?: readonly AnyValue[] | null;
  readonly VolumeMounts?: readonly AnyValue[] | null;
  readonly ScalingPolicies?: readonly AnyValue[] | null;
  readonly Vault?: AnyValue;
  readonly DispatchPayload?: AnyValue;
  readonly CSIPluginConfig?: AnyValue;
  readonly Leader?: boolean | null;
  readonly Kind?: string | null;
}

export interface TaskState {
  readonly State: string;
  readonly Failed: boolean;
  readonly Restarts: number;
  readonly LastRestart: string | null;
  readonly StartedAt: string | null;
  readonly FinishedAt: string | null;
  readonly Events: readonly {
    readonly Type: string;
    readonly Time: number;
    readonly DisplayMessage: string;
    readonly Details: Readonly<Record<string, string>>;
    readonly Message: string;
    readonly FailsTask: boolean;
    readonly RestartReason: string;
    readonly SetupError: string;
    readonly DriverError: string;
    readonly DriverMessage: string;
    readonly ExitCode: number;
    readonly Signal: number;
    readonly KillReason: string;
    readonly KillTimeout: number;
    readonly KillError: string;
    readonly StartDelay: number;
    readonly DownloadError: string;
    readonly ValidationError: string;
    readonly DiskLimit: number;
    readonly DiskSize: number;
    readonly FailedSibling: string;
    readonly VaultError: string;
    readonly TaskSignal: string;
    readonly TaskSignalReason: string;
    readonly GenericSource: string;
  }[];
}
