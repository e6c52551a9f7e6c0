import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, oneTask, placedBy, stoppedBy, turn } from "../harness.ts";

const network = {
  MBits: 5,
  ReservedPorts: [{ Label: "web", Value: 80 }],
  DynamicPorts: [{ Label: "admin" }, { Label: "debug" }],
};
const before = { ...oneTask, Resources: { ...oneTask.Resources, IOPS: 1, Networks: [network] } };
const first = aJob({ TaskGroups: [group({ Tasks: [before] })] });

/** What becomes of the one allocation when its job changes. */
function afterwards(groupFields: object, jobFields: object = {}): "in place" | "replaced" {
  const job = aJob({ JobModifyIndex: 11, ...jobFields, TaskGroups: [group({ Tasks: [before], ...groupFields })] });
  const view = cluster({ nodes: [machine("n1")], jobs: [job], allocations: [anAllocation("a1", first, "n1")] });
  const { outcome } = turn(view);
  if (stoppedBy(outcome).length > 0) return "replaced";
  assert.deepEqual(
    placedBy(outcome).map(({ ID }) => ID),
    ["a1"],
  );
  return "in place";
}

const withTask = (fields: object) => ({ Tasks: [{ ...before, ...fields }] });
const withResources = (fields: object) => withTask({ Resources: { ...before.Resources, ...fields } });
const withNetwork = (fields: object) => withResources({ Networks: [{ ...network, ...fields }] });

test("what a task may use is a part of what it is: a change replaces it", () => {
  const changes = [
    withResources({ CPU: 101 }),
    withResources({ MemoryMB: 101 }),
    withResources({ MemoryMaxMB: 400 }),
    withResources({ DiskMB: 11 }),
    withResources({ IOPS: 2 }),
    withResources({ Networks: [] }),
    withNetwork({ MBits: 6 }),
    withNetwork({ ReservedPorts: [{ Label: "web", Value: 81 }] }),
    withNetwork({ ReservedPorts: [{ Label: "www", Value: 80 }] }),
    withNetwork({ DynamicPorts: [{ Label: "admin" }] }),
    withNetwork({
      ReservedPorts: [{ Label: "admin", Value: 80 }],
      DynamicPorts: [{ Label: "web" }, { Label: "debug" }],
    }),
  ];
  for (const change of changes) assert.equal(afterwards(change), "replaced", JSON.stringify(change));
});

test("one task more or less, or another in its place, replaces the allocation", () => {
  const second = { ...oneTask, Name: "side" };
  const both = aJob({ TaskGroups: [group({ Tasks: [before, second] })] });
  assert.equal(afterwards({ Tasks: [before, second] }), "replaced");
  assert.equal(afterwards({ Tasks: [second] }), "replaced");
  const view = cluster({
    nodes: [machine("n1")],
    jobs: [aJob({ JobModifyIndex: 11, TaskGroups: [group({ Tasks: [before] })] })],
    allocations: [anAllocation("a1", both, "n1")],
  });
  assert.equal(stoppedBy(turn(view).outcome).length, 1);
});

test("the order of tasks and of ports says nothing", () => {
  const second = { ...oneTask, Name: "side" };
  const job = (tasks: readonly object[], index: number) =>
    aJob({ JobModifyIndex: index, TaskGroups: [group({ Tasks: tasks })] });
  const view = cluster({
    nodes: [machine("n1")],
    jobs: [job([second, before], 11)],
    allocations: [anAllocation("a1", job([before, second], 10), "n1")],
  });
  assert.deepEqual(stoppedBy(turn(view).outcome), []);
  assert.equal(afterwards(withNetwork({ DynamicPorts: [{ Label: "debug" }, { Label: "admin" }] })), "in place");
});

test("what a running task need not know, or is told while it runs, changes in place", () => {
  const linux = { LTarget: "${attr.kernel.name}", Operand: "=", RTarget: "linux" };
  const inTask = [
    { Services: [{ Name: "web", PortLabel: "web", Checks: [{ Type: "tcp", Interval: 1, Timeout: 1 }] }] },
    { Constraints: [linux] },
    { KillTimeout: 90_000_000_000 },
    { LogConfig: { MaxFiles: 3, MaxFileSizeMB: 2 } },
  ];
  for (const change of inTask) assert.equal(afterwards(withTask(change)), "in place", JSON.stringify(change));
  const inGroup = [
    { RestartPolicy: { Attempts: 9, Interval: 9, Delay: 1, Mode: "fail" } },
    { Meta: { a: "b" } },
    { Constraints: [linux] },
  ];
  for (const change of inGroup) assert.equal(afterwards(change), "in place", JSON.stringify(change));
  const inJob = [
    { Priority: 90 },
    { Meta: { a: "b" } },
    { Update: { Stagger: 1, MaxParallel: 1 } },
    { Constraints: [linux] },
    { Datacenters: ["dc2", "dc1"] },
    { AllAtOnce: true },
  ];
  for (const change of inJob) assert.equal(afterwards({}, change), "in place", JSON.stringify(change));
});

test("a dynamic port's number is no part of what was asked for", () => {
  const DynamicPorts = [
    { Label: "admin", Value: 23_456 },
    { Label: "debug", Value: 23_457 },
  ];
  assert.equal(afterwards(withNetwork({ DynamicPorts })), "in place");
});

test("an allocation whose node has shrunk is placed anew where there is room", () => {
  const job = aJob({ JobModifyIndex: 11, Meta: { a: "b" }, TaskGroups: [group({ Tasks: [before] })] });
  const shrunk = machine("n1", { Resources: { CPU: 150, MemoryMB: 1000, DiskMB: 100 } });
  const allocations = [anAllocation("a1", first, "n1")];
  const { outcome } = turn(cluster({ nodes: [shrunk, machine("n2")], jobs: [job], allocations }));
  assert.deepEqual(
    stoppedBy(outcome).map(({ ID, DesiredDescription }) => [ID, DesiredDescription]),
    [["a1", "alloc is being updated due to job update"]],
  );
  assert.deepEqual(
    placedBy(outcome).map(({ NodeID }) => NodeID),
    ["n2"],
  );
});
