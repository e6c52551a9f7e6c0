import assert from "node:assert";
import { test } from "node:test";
import { aJob, cluster, group, machine, oneTask, placedBy, turn } from "../harness.ts";

const three = [machine("n1"), machine("n2"), machine("n3")];

test("only ready nodes in the job's datacenters get allocations", () => {
  const nodes = [
    machine("down", { Status: "down" }),
    machine("starting", { Status: "initializing" }),
    machine("draining", { Drain: true }),
    machine("closed", { SchedulingEligibility: "ineligible" }),
    machine("elsewhere", { Datacenter: "dc2" }),
    machine("good"),
  ];
  const { outcome } = turn(cluster({ nodes, jobs: [aJob({ TaskGroups: [group({ Count: 5 })] })] }));
  assert.deepEqual([...new Set(placedBy(outcome).map(({ NodeID }) => NodeID))], ["good"]);
});

test("a class of nodes is of use if it may run one of the groups that wait", () => {
  const gpuOnly = { Constraints: [{ LTarget: "${attr.gpu}", Operand: "=", RTarget: "1" }] };
  const big = { Tasks: [{ ...oneTask, Resources: { CPU: 9000 } }] };
  const jobs = [aJob({ TaskGroups: [group(), group({ Name: "gpu", ...gpuOnly, ...big })] })];
  const nodes = [machine("n1"), machine("n2", { ComputedClass: "gpu", Attributes: { "driver.exec": "1", gpu: "1" } })];
  const { outcome } = turn(cluster({ nodes, jobs }));
  assert.deepEqual({ ...outcome.blocked?.ClassEligibility }, { "class-a": false, gpu: true });
});

test("a constraint on something unique to nodes makes classes say nothing", () => {
  const jobs = [aJob({ Constraints: [{ LTarget: "${node.unique.name}", Operand: "=", RTarget: "name-n9" }] })];
  const { outcome } = turn(cluster({ nodes: three, jobs }));
  assert.deepEqual([outcome.blocked?.EscapedComputedClass, { ...outcome.blocked?.ClassEligibility }], [true, {}]);
  assert.deepEqual({ ...outcome.unplaced.get("grp")?.ConstraintFiltered }, { "${node.unique.name} = name-n9": 3 });
});

test("with distinct hosts a job runs once on a node, a group once", () => {
  const Constraints = [{ Operand: "distinct_hosts" }];
  const ofJob = aJob({ Constraints, TaskGroups: [group({ Count: 2 }), group({ Name: "b", Count: 2 })] });
  const one = turn(cluster({ nodes: three, jobs: [ofJob] })).outcome;
  assert.deepEqual([placedBy(one).length, new Set(placedBy(one).map(({ NodeID }) => NodeID)).size], [3, 3]);
  assert.equal(one.unplaced.get("b")?.ConstraintFiltered.distinct_hosts, 3);

  const ofGroup = aJob({ TaskGroups: [group({ Count: 4, Constraints }), group({ Name: "b", Count: 2 })] });
  const other = turn(cluster({ nodes: three, jobs: [ofGroup] })).outcome;
  const nodesOf = (name: string) =>
    placedBy(other)
      .filter(({ TaskGroup }) => TaskGroup === name)
      .map(({ NodeID }) => NodeID);
  assert.deepEqual([nodesOf("grp").length, new Set(nodesOf("grp")).size, nodesOf("b").length], [3, 3, 2]);
});

test("nodes without a task's driver are passed over", () => {
  const values = ["0", "", "yes", "1", "true", "T"];
  const nodes = values.map((value, at) =>
    machine(`n${at}`, { ComputedClass: `c${at}`, Attributes: { "driver.exec": value } }),
  );
  const jobs = [aJob({ TaskGroups: [group({ Count: 60 })] })];
  const { outcome } = turn(
    cluster({ nodes: [...nodes, machine("none", { ComputedClass: "none", Attributes: {} })], jobs }),
  );
  assert.deepEqual([...new Set(placedBy(outcome).map(({ NodeID }) => NodeID))].sort(), ["n3", "n4", "n5"]);
  assert.equal(outcome.unplaced.get("grp")?.ConstraintFiltered["missing drivers"], undefined);
});

test("a verdict on one node of a class holds for the others of it", () => {
  const nodes = [
    machine("n1", { NodeClass: "x" }),
    machine("n2", { NodeClass: "x" }),
    machine("n3", { ComputedClass: "" }),
  ];
  const jobs = [aJob({ Constraints: [{ LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" }] })];
  const metric = turn(cluster({ nodes, jobs })).outcome.unplaced.get("grp");
  assert.deepEqual({ ...metric?.ConstraintFiltered }, { "${attr.arch} = arm": 2, "computed class ineligible": 1 });
  assert.deepEqual({ ...metric?.ClassFiltered }, { x: 2 });
});
