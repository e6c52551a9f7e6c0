import { allAtOnce } from "../../base/index.ts";
import {
  type Allocation,
  allocation,
  canonicalizeJob,
  type Evaluation,
  evaluation,
  type Job,
  job,
  type Node,
  node,
  type Plan,
  plan,
} from "../../model/index.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The id number `n`. */
export function id(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

/** A ready node with room for ten allocations of `aJob`, number 1 unless `fields` say otherwise. */
export function aNode(fields: Fields = {}): Node {
  return node.parse({
    ID: id(1),
    Name: "machine",
    Datacenter: "dc1",
    Status: "ready",
    SchedulingEligibility: "eligible",
    ComputedClass: "small",
    Attributes: { "kernel.name": "linux", "driver.mock": "1" },
    Resources: {
      CPU: 1000,
      MemoryMB: 1000,
      DiskMB: 10_000,
      IOPS: 100,
      Networks: [{ Device: "eth0", CIDR: "10.0.0.1/32", IP: "10.0.0.1", MBits: 1000 }],
    },
    ...fields,
  });
}

/** What a task asks for: a tenth of `aNode`. */
export const oneTask = {
  Name: "server",
  Driver: "mock",
  Config: { run_for: "1h" },
  Resources: { CPU: 100, MemoryMB: 100, DiskMB: 100 },
  LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
};

/** A service "web" of one allocation of a group "app", as a server keeps it. */
export function aJob(fields: Fields = {}): Job {
  return allAtOnce(
    canonicalizeJob(
      job.parse({
        ID: "web",
        Region: "global",
        Type: "service",
        Priority: 50,
        Datacenters: ["dc1"],
        TaskGroups: [{ Name: "app", Count: 1, Tasks: [oneTask] }],
        ...fields,
      }),
    ),
  );
}

/** A periodic batch job "cron", launched every minute. */
export function aPeriodicJob(fields: Fields = {}, periodic: Fields = {}): Job {
  const Periodic = { Enabled: true, Spec: "* * * * *", SpecType: "cron", ...periodic };
  return aJob({ ID: "cron", Type: "batch", Periodic, ...fields });
}

/** A pending evaluation of "web", number 100. */
export function anEvaluation(fields: Fields = {}): Evaluation {
  return evaluation.parse({
    ID: id(100),
    Namespace: "default",
    Priority: 50,
    Type: "service",
    TriggeredBy: "job-register",
    JobID: "web",
    Status: "pending",
    ...fields,
  });
}

/** A new allocation of `of` on node 1, number 200. */
export function anAllocation(fields: Fields = {}, of: Job = aJob()): Allocation {
  return allocation.parse({
    ID: id(200),
    Namespace: of.Namespace,
    EvalID: id(100),
    Name: `${of.Name}.app[0]`,
    NodeID: id(1),
    JobID: of.ID,
    Job: of,
    TaskGroup: "app",
    TaskResources: { server: oneTask.Resources },
    DesiredStatus: "run",
    ClientStatus: "pending",
    ...fields,
  });
}

/** A plan of evaluation 100 that places allocations on their nodes. */
export function aPlan(placed: readonly Allocation[], fields: Fields = {}): Plan {
  return plan.parse({
    EvalID: id(100),
    EvalToken: "token",
    Priority: 50,
    Job: placed[0]?.Job ?? null,
    NodeAllocation: byNode(placed),
    ...fields,
  });
}

/** Allocations by the node they are on. */
export function byNode(allocations: readonly Allocation[]): Record<string, Allocation[]> {
  return Object.groupBy(allocations, ({ NodeID }) => NodeID) as Record<string, Allocation[]>;
}
