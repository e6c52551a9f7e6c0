import {
  type Allocation,
  allocation as allocationSchema,
  type Job,
  job as jobSchema,
  type Node,
  node as nodeSchema,
} from "../../model/index.ts";

/** Values for tests: each maker takes what matters and fills in the rest. */

const defaultTask = {
  Name: "web",
  Driver: "mock",
  KillTimeout: 5e9,
  LogConfig: { MaxFiles: 10, MaxFileSizeMB: 10 },
  Resources: { CPU: 100, MemoryMB: 64 },
};

/** Fields of a task that matter to a test, as a job submission has them. */
export interface TaskFields {
  readonly Name?: string;
  readonly [field: string]: unknown;
}

/** A job of one group `group` with the given tasks; missing fields are those of a small service. */
export function someJob(
  fields: { readonly tasks?: readonly TaskFields[]; readonly [field: string]: unknown } = {},
): Job {
  const { tasks = [{}], ...rest } = fields;
  return jobSchema.parse({
    ID: "job",
    Name: "job",
    Type: "service",
    Region: "global",
    Namespace: "default",
    TaskGroups: [
      {
        Name: "group",
        Count: 1,
        RestartPolicy: { Attempts: 0, Interval: 60e9, Delay: 1e9, Mode: "fail" },
        Tasks: tasks.map((task) => ({ ...defaultTask, ...task })),
      },
    ],
    ...rest,
  });
}

/** An allocation of `someJob` that is wanted running. */
export function someAllocation(fields: Readonly<Record<string, unknown>> = {}): Allocation {
  const job = (fields.Job as Job | undefined) ?? someJob();
  return allocationSchema.parse({
    ID: "11111111-1111-4111-8111-111111111111",
    Name: "job.group[0]",
    NodeID: "22222222-2222-4222-8222-222222222222",
    JobID: job.ID,
    TaskGroup: "group",
    DesiredStatus: "run",
    ClientStatus: "pending",
    AllocModifyIndex: 10,
    ...fields,
    Job: job,
  });
}

/** A ready node of the allocations that `someAllocation` makes. */
export function someNode(fields: Readonly<Record<string, unknown>> = {}): Node {
  return nodeSchema.parse({
    ID: "22222222-2222-4222-8222-222222222222",
    Name: "machine",
    Datacenter: "dc1",
    NodeClass: "",
    Attributes: { "kernel.name": "linux" },
    Status: "ready",
    ...fields,
  });
}
