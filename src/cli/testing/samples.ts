/** Whole IDs that begin with a few telling letters. */
export const id = (beginning: string): string => `${beginning.padEnd(8, "0")}-1111-4222-8333-444455556666`;

/** 11/22/26 10:19:36 UTC, in nanoseconds. */
export const someTime = 1_795_342_776_000_000_000;

export const jobStub = (ID: string, more: object = {}) => ({
  ID,
  ParentID: "",
  Name: ID,
  Type: "service",
  Priority: 50,
  Status: "running",
  StatusDescription: "",
  CreateIndex: 6,
  ModifyIndex: 8,
  JobModifyIndex: 6,
  ...more,
});

export const job = (ID: string, more: object = {}) => ({
  Region: "global",
  ...jobStub(ID),
  AllAtOnce: false,
  Datacenters: ["dc1"],
  Constraints: null,
  TaskGroups: [
    {
      Name: "front",
      Count: 1,
      Tasks: [{ Name: "server", Driver: "raw_exec", Config: { command: "/bin/true", args: ["a<b"] } }],
    },
  ],
  Update: { Stagger: 0, MaxParallel: 0 },
  Periodic: null,
  Meta: null,
  ...more,
});

export const metric = (more: object = {}) => ({
  NodesEvaluated: 1,
  NodesFiltered: 0,
  NodesAvailable: { dc1: 1 },
  ClassFiltered: null,
  ConstraintFiltered: null,
  NodesExhausted: 0,
  ClassExhausted: null,
  DimensionExhausted: null,
  Scores: null,
  AllocationTime: 13_673,
  CoalescedFailures: 0,
  ...more,
});

export const evaluation = (beginning: string, more: object = {}) => ({
  ID: id(beginning),
  Priority: 50,
  Type: "service",
  TriggeredBy: "job-register",
  JobID: "shop",
  JobModifyIndex: 6,
  NodeID: "",
  Status: "complete",
  StatusDescription: "",
  Wait: 0,
  NextEval: "",
  PreviousEval: "",
  BlockedEval: "",
  FailedTGAllocs: null,
  CreateIndex: 7,
  ModifyIndex: 9,
  ...more,
});

export const allocation = (beginning: string, more: object = {}) => ({
  ID: id(beginning),
  EvalID: id("e0"),
  Name: "shop.front[0]",
  NodeID: id("d0"),
  JobID: "shop",
  TaskGroup: "front",
  DesiredStatus: "run",
  DesiredDescription: "",
  ClientStatus: "running",
  ClientDescription: "",
  TaskStates: {},
  CreateIndex: 8,
  ModifyIndex: 10,
  CreateTime: someTime,
  ...more,
});

export const node = (beginning: string, more: object = {}) => ({
  ID: id(beginning),
  Datacenter: "dc1",
  Name: "vm",
  HTTPAddr: "10.0.0.5:4646",
  NodeClass: "",
  Drain: false,
  Status: "ready",
  Attributes: { "unique.storage.volume": "/dev/vda", arch: "amd64" },
  Resources: { CPU: 5200, MemoryMB: 24_576, DiskMB: 70_000, IOPS: 0, Networks: null },
  Reserved: { CPU: 200, MemoryMB: 0, DiskMB: 0, IOPS: 0, Networks: null },
  CreateIndex: 3,
  ModifyIndex: 4,
  ...more,
});
