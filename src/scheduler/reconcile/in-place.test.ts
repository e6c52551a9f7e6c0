import assert from "node:assert";
import { test } from "node:test";
import type { Allocation } from "../../model/index.ts";
import { aJob, anAllocation, cluster, group, machine, oneTask, placedBy, stoppedBy, turn } from "../harness.ts";

const reasons = (allocations: readonly Allocation[]) =>
  allocations.map((one) => [one.ID, one.DesiredDescription]).sort();
const three = [machine("n1"), machine("n2"), machine("n3")];
const newer = (fields: object = {}) => aJob({ JobModifyIndex: 11, ...fields });

test("an update that does not touch the tasks is made in place", () => {
  const before = aJob();
  const after = newer({
    Priority: 70,
    Meta: { a: "b" },
    Constraints: [{ LTarget: "${attr.kernel.name}", Operand: "=", RTarget: "linux" }],
  });
  const network = { Device: "eth0", IP: "10.0.0.1", MBits: 1, DynamicPorts: [{ Label: "http", Value: 23_456 }] };
  const existing = anAllocation("a1", before, "n1", {
    TaskResources: { main: { ...oneTask.Resources, Networks: [network] } },
  });
  const { outcome, view } = turn(cluster({ nodes: three, jobs: [after], allocations: [existing] }));
  assert.deepEqual(stoppedBy(outcome), []);
  const [updated] = placedBy(outcome);
  assert.ok(updated);
  assert.deepEqual(
    [updated.ID, updated.NodeID, updated.EvalID, updated.Job, updated.Resources],
    ["a1", "n1", "eval-1", null, null],
  );
  assert.equal(updated.TaskResources.main?.Networks[0]?.DynamicPorts[0]?.Value, 23_456);
  assert.deepEqual({ ...updated.Metrics?.NodesAvailable }, {});
  assert.equal(view.allocations.get("a1")?.Job?.JobModifyIndex, 11);
});

test("an update of what a task's process depends on replaces the allocation", () => {
  const changes = [
    { Driver: "raw_exec" },
    { User: "nobody" },
    { Config: { command: "/bin/false" } },
    { Env: { A: "b" } },
    { Meta: { a: "b" } },
    { Artifacts: [{ GetterSource: "http://x" }] },
    { Resources: { ...oneTask.Resources, CPU: 101 } },
    { Resources: { ...oneTask.Resources, Networks: [{ MBits: 1 }] } },
    { Name: "other" },
  ];
  for (const change of changes) {
    const after = newer({ TaskGroups: [group({ Tasks: [{ ...oneTask, ...change }] })] });
    const nodes = [machine("n1", { Attributes: { "driver.exec": "1", "driver.raw_exec": "1" } })];
    const { outcome } = turn(cluster({ nodes, jobs: [after], allocations: [anAllocation("a1", aJob(), "n1")] }));
    assert.deepEqual(
      reasons(stoppedBy(outcome)),
      [["a1", "alloc is being updated due to job update"]],
      JSON.stringify(change),
    );
    assert.deepEqual(
      placedBy(outcome).map(({ Name, PreviousAllocation }) => [Name, PreviousAllocation]),
      [["web.grp[0]", "a1"]],
    );
  }
});

test("an update moves an allocation whose node may not run it any more", () => {
  const cases = [
    newer({ Constraints: [{ LTarget: "${node.unique.id}", Operand: "!=", RTarget: "n1" }] }),
    newer({ Datacenters: ["dc2"] }),
  ];
  for (const after of cases) {
    const nodes = [machine("n1"), machine("n2", { Datacenter: after.Datacenters[0] })];
    const { outcome } = turn(cluster({ nodes, jobs: [after], allocations: [anAllocation("a1", aJob(), "n1")] }));
    assert.deepEqual(reasons(stoppedBy(outcome)), [["a1", "alloc is being updated due to job update"]]);
    assert.deepEqual(
      placedBy(outcome).map(({ NodeID }) => NodeID),
      ["n2"],
    );
  }
});

test("an allocation makes room for itself when it is updated in place on a full node", () => {
  const full = machine("n1", { Resources: { CPU: 200, MemoryMB: 200, DiskMB: 10 } });
  const { outcome } = turn(
    cluster({ nodes: [full], jobs: [newer()], allocations: [anAllocation("a1", aJob(), "n1")] }),
  );
  assert.deepEqual([stoppedBy(outcome), placedBy(outcome).map(({ ID }) => ID)], [[], ["a1"]]);
});

test("an allocation that holds what its node cannot give any more is placed anew and not updated in place", () => {
  const Tasks = [{ ...oneTask, Resources: { ...oneTask.Resources, Networks: [{ MBits: 5 }] } }];
  const [before, after] = [aJob({ TaskGroups: [group({ Tasks })] }), newer({ TaskGroups: [group({ Tasks })] })];
  const eth0 = { Device: "eth0", CIDR: "10.0.0.1/32", IP: "10.0.0.1", MBits: 5 };
  const Resources = { CPU: 1000, MemoryMB: 1000, DiskMB: 1000 };
  const held = { ...eth0, DynamicPorts: [{ Label: "http", Value: 23_456 }] };
  const TaskResources = { main: { ...oneTask.Resources, Networks: [held] } };
  const kept = [{ ...eth0, MBits: 0, ReservedPorts: [{ Value: 23_456 }] }];
  const cases = [
    [{ Resources: { ...Resources, Networks: [eth0] } }, "a1"],
    [{ Resources: { ...Resources, Networks: [{ ...eth0, Device: "eth1" }] } }, undefined],
    [{ Resources: { ...Resources, Networks: [eth0] }, Reserved: { Networks: kept } }, undefined],
  ] as const;
  for (const [fields, updated] of cases) {
    const allocations = [anAllocation("a1", before, "n1", { TaskResources })];
    const { outcome } = turn(cluster({ nodes: [machine("n1", fields)], jobs: [after], allocations }));
    assert.deepEqual(
      stoppedBy(outcome).map(({ ID }) => ID),
      updated === undefined ? ["a1"] : [],
    );
    assert.equal(placedBy(outcome).find(({ ID }) => ID === "a1")?.ID, updated);
    assert.equal(placedBy(outcome).length, 1);
  }
});
