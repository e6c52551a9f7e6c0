/**
 * The values that `-json` and `-t` show, as the command line of 0.4.1 declares them: scripts of that time read these
 * fields. What newer versions added is not shown here, but for what an author may have written in a job.
 */
import { any, bool, duration, float64, int, list, map, pointer, string, struct, uint64 } from "./shape.ts";

const constraint = struct("api.Constraint", { LTarget: string, RTarget: string, Operand: string });

const affinity = struct("api.Affinity", { LTarget: string, RTarget: string, Operand: string, Weight: int });

const spread = struct("api.Spread", {
  Attribute: string,
  Weight: int,
  SpreadTarget: list(pointer(struct("api.SpreadTarget", { Value: string, Percent: int }))),
});

const port = struct("api.Port", { Label: string, Value: int });

const networkResource = struct("api.NetworkResource", {
  Public: bool,
  CIDR: string,
  ReservedPorts: list(port),
  DynamicPorts: list(port),
  IP: string,
  MBits: int,
});

const resources = struct(
  "api.Resources",
  { CPU: int, MemoryMB: int, DiskMB: int, IOPS: int, Networks: list(pointer(networkResource)) },
  { MemoryMaxMB: int },
);

const serviceCheck = struct("api.ServiceCheck", {
  Id: string,
  Name: string,
  Type: string,
  Command: string,
  Args: list(string),
  Path: string,
  Protocol: string,
  PortLabel: string,
  Interval: duration,
  Timeout: duration,
  InitialStatus: string,
});

const service = struct("api.Service", {
  Id: string,
  Name: string,
  Tags: list(string),
  PortLabel: string,
  Checks: list(serviceCheck),
});

const task = struct(
  "api.Task",
  {
    Name: string,
    Driver: string,
    User: string,
    Config: map(any),
    Constraints: list(pointer(constraint)),
    Env: map(string),
    Services: list(service),
    Resources: pointer(resources),
    Meta: map(string),
    KillTimeout: duration,
    LogConfig: pointer(struct("api.LogConfig", { MaxFiles: int, MaxFileSizeMB: int })),
    Artifacts: list(
      pointer(
        struct(
          "api.TaskArtifact",
          { GetterSource: string, GetterOptions: map(string), RelativeDest: string },
          { GetterMode: string, GetterHeaders: map(string) },
        ),
      ),
    ),
  },
  { Affinities: list(pointer(affinity)) },
);

const taskGroup = struct(
  "api.TaskGroup",
  {
    Name: string,
    Count: int,
    Constraints: list(pointer(constraint)),
    Tasks: list(pointer(task)),
    RestartPolicy: pointer(
      struct("api.RestartPolicy", { Interval: duration, Attempts: int, Delay: duration, Mode: string }),
    ),
    Meta: map(string),
  },
  { Affinities: list(pointer(affinity)), Spreads: list(pointer(spread)) },
);

export const jobShape = struct(
  "api.Job",
  {
    Region: string,
    ID: string,
    Name: string,
    Type: string,
    Priority: int,
    AllAtOnce: bool,
    Datacenters: list(string),
    Constraints: list(pointer(constraint)),
    TaskGroups: list(pointer(taskGroup)),
    Update: struct("api.UpdateStrategy", { Stagger: duration, MaxParallel: int }),
    Periodic: pointer(
      struct("api.PeriodicConfig", { Enabled: bool, Spec: string, SpecType: string, ProhibitOverlap: bool }),
    ),
    Meta: map(string),
    Status: string,
    StatusDescription: string,
    CreateIndex: uint64,
    ModifyIndex: uint64,
    JobModifyIndex: uint64,
  },
  { Affinities: list(pointer(affinity)), Spreads: list(pointer(spread)) },
);

/** A job inside the envelope in which it is submitted. */
export const submissionShape = struct("api.RegisterJobRequest", { Job: pointer(jobShape) });

const jobSummary = struct("api.JobSummary", {
  JobID: string,
  Summary: map(
    struct("api.TaskGroupSummary", {
      Queued: int,
      Complete: int,
      Failed: int,
      Running: int,
      Starting: int,
      Lost: int,
    }),
  ),
  CreateIndex: uint64,
  ModifyIndex: uint64,
});

export const jobStubShape = struct("api.JobListStub", {
  ID: string,
  ParentID: string,
  Name: string,
  Type: string,
  Priority: int,
  Status: string,
  StatusDescription: string,
  JobSummary: pointer(jobSummary),
  CreateIndex: uint64,
  ModifyIndex: uint64,
  JobModifyIndex: uint64,
});

const allocationMetric = struct("api.AllocationMetric", {
  NodesEvaluated: int,
  NodesFiltered: int,
  NodesAvailable: map(int),
  ClassFiltered: map(int),
  ConstraintFiltered: map(int),
  NodesExhausted: int,
  ClassExhausted: map(int),
  DimensionExhausted: map(int),
  Scores: map(float64),
  AllocationTime: duration,
  CoalescedFailures: int,
});

const taskState = struct("api.TaskState", {
  State: string,
  Events: list(
    pointer(
      struct("api.TaskEvent", {
        Type: string,
        Time: int,
        RestartReason: string,
        DriverError: string,
        ExitCode: int,
        Signal: int,
        Message: string,
        KillTimeout: duration,
        KillError: string,
        StartDelay: int,
        DownloadError: string,
        ValidationError: string,
      }),
    ),
  ),
});

/** Who made room for an allocation, and for whom it made room. */
const preemption = { PreemptedAllocations: list(string), PreemptedByAllocation: string };

export const allocationShape = struct(
  "api.Allocation",
  {
    ID: string,
    EvalID: string,
    Name: string,
    NodeID: string,
    JobID: string,
    Job: pointer(jobShape),
    TaskGroup: string,
    Resources: pointer(resources),
    TaskResources: map(pointer(resources)),
    Services: map(string),
    Metrics: pointer(allocationMetric),
    DesiredStatus: string,
    DesiredDescription: string,
    ClientStatus: string,
    ClientDescription: string,
    TaskStates: map(pointer(taskState)),
    CreateIndex: uint64,
    ModifyIndex: uint64,
    CreateTime: int,
  },
  preemption,
);

export const allocationStubShape = struct(
  "api.AllocationListStub",
  {
    ID: string,
    EvalID: string,
    Name: string,
    NodeID: string,
    JobID: string,
    TaskGroup: string,
    DesiredStatus: string,
    DesiredDescription: string,
    ClientStatus: string,
    ClientDescription: string,
    TaskStates: map(pointer(taskState)),
    CreateIndex: uint64,
    ModifyIndex: uint64,
    CreateTime: int,
  },
  preemption,
);

export const evaluationShape = struct("api.Evaluation", {
  ID: string,
  Priority: int,
  Type: string,
  TriggeredBy: string,
  JobID: string,
  JobModifyIndex: uint64,
  NodeID: string,
  NodeModifyIndex: uint64,
  Status: string,
  StatusDescription: string,
  Wait: duration,
  NextEval: string,
  PreviousEval: string,
  BlockedEval: string,
  FailedTGAllocs: map(pointer(allocationMetric)),
  CreateIndex: uint64,
  ModifyIndex: uint64,
});

export const nodeShape = struct("api.Node", {
  ID: string,
  Datacenter: string,
  Name: string,
  HTTPAddr: string,
  Attributes: map(string),
  Resources: pointer(resources),
  Reserved: pointer(resources),
  Links: map(string),
  Meta: map(string),
  NodeClass: string,
  Drain: bool,
  Status: string,
  StatusDescription: string,
  StatusUpdatedAt: int,
  CreateIndex: uint64,
  ModifyIndex: uint64,
});

export const nodeStubShape = struct("api.NodeListStub", {
  ID: string,
  Datacenter: string,
  Name: string,
  NodeClass: string,
  Drain: bool,
  Status: string,
  StatusDescription: string,
  CreateIndex: uint64,
  ModifyIndex: uint64,
});

export const memberShape = struct("api.AgentMember", {
  Name: string,
  Addr: string,
  Port: int,
  Tags: map(string),
  Status: string,
  ProtocolMin: int,
  ProtocolMax: int,
  ProtocolCur: int,
  DelegateMin: int,
  DelegateMax: int,
  DelegateCur: int,
});

/** As templates know it; in JSON its fields begin with small letters. */
export const agentSelfShape = struct("api.AgentSelf", {
  Config: map(any),
  Member: memberShape,
  Stats: map(map(string)),
});

const sampledValueShape = struct("api.SampledValue", {
  Name: string,
  Count: int,
  Sum: float64,
  Min: float64,
  Max: float64,
  Mean: float64,
  Rate: float64,
  Stddev: float64,
  Labels: map(string),
});

export const metricsShape = struct("api.MetricsSummary", {
  Timestamp: string,
  Gauges: list(struct("api.GaugeValue", { Name: string, Value: float64, Labels: map(string) })),
  Points: list(struct("api.PointValue", { Name: string, Points: list(float64) })),
  Counters: list(sampledValueShape),
  Samples: list(sampledValueShape),
});

export const schedulerConfigurationShape = struct("api.SchedulerConfiguration", {
  SchedulerAlgorithm: string,
  PreemptionConfig: struct("api.PreemptionConfig", {
    SystemSchedulerEnabled: bool,
    SysBatchSchedulerEnabled: bool,
    BatchSchedulerEnabled: bool,
    ServiceSchedulerEnabled: bool,
  }),
  MemoryOversubscriptionEnabled: bool,
  RejectJobRegistration: bool,
  PauseEvalBroker: bool,
  CreateIndex: uint64,
  ModifyIndex: uint64,
});

const remark = struct("api.Remark", { Kind: string, Text: string });

const refusal = struct("api.Refusal", {
  NodeClass: string,
  Nodes: int,
  Constraint: string,
  Dimension: string,
  Needed: int,
  Free: int,
  NodeID: string,
});

const remedy = struct("api.Remedy", {
  Kind: string,
  Text: string,
  Places: int,
  Task: string,
  Resource: string,
  From: int,
  To: int,
  Level: string,
  Constraint: pointer(constraint),
  Datacenter: string,
  NodeID: string,
  AllocID: string,
  JobID: string,
});

/** Only this version has it. */
export const explanationShape = struct("api.Explanation", {
  JobID: string,
  Namespace: string,
  EvalID: string,
  Runs: bool,
  Summary: string,
  Remarks: list(remark),
  Earlier: list(struct("api.EarlierRefusals", { Group: string, NodesRefusing: int, Reasons: list(string) })),
  Groups: list(
    struct("api.ExplainedGroup", {
      Name: string,
      Wanted: int,
      Running: int,
      Starting: int,
      Ended: int,
      Placeable: int,
      Unplaced: int,
      NodesRefusing: int,
      Refusals: list(refusal),
      Reasons: list(string),
      Remarks: list(remark),
      Remedies: list(remedy),
    }),
  ),
  Tries: int,
  IsCut: bool,
});
