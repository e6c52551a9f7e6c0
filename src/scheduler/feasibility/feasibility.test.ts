import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { computedClass, constraintCheck, constraintOperators } from "../../model/index.ts";
import { aJob, cluster, group, machine, oneTask, placedBy, turn } from "../harness.ts";
import { ClassVerdicts } from "./class-verdicts.ts";

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

test("distinct hosts whose value is false ask for nothing", () => {
  const Constraints = [{ Operand: "distinct_hosts", RTarget: "false" }];
  const jobs = [aJob({ Constraints, TaskGroups: [group({ Count: 2, Constraints })] })];
  assert.equal(placedBy(turn(cluster({ nodes: [machine("n1")], jobs })).outcome).length, 2);
});

test("a constraint of a job, a group or a task keeps nodes out, and says so", () => {
  const constraint = { LTarget: "${attr.zones}", Operand: "set_contains", RTarget: "a,b" };
  const nodes = [
    machine("n1", { ComputedClass: "c1", Attributes: { "driver.exec": "1", zones: "a" } }),
    machine("n2", { ComputedClass: "c2", Attributes: { "driver.exec": "1", zones: "b,c,a" } }),
  ];
  const jobs = [
    aJob({ Constraints: [constraint] }),
    aJob({ TaskGroups: [group({ Constraints: [constraint] })] }),
    aJob({ TaskGroups: [group({ Tasks: [{ ...oneTask, Constraints: [constraint] }] })] }),
  ];
  for (const job of jobs) {
    const [placed, ...more] = placedBy(turn(cluster({ nodes, jobs: [job] })).outcome);
    assert.deepEqual([placed?.NodeID, more.length], ["n2", 0]);
    const { outcome } = turn(cluster({ nodes: nodes.slice(0, 1), jobs: [job] }));
    assert.deepEqual({ ...outcome.unplaced.get("grp")?.ConstraintFiltered }, { "${attr.zones} set_contains a,b": 1 });
  }
});

const attributes = fc.dictionary(fc.constantFrom("a", "b", "unique.a"), fc.constantFrom("1", "2", "10"));

test("what is known of a class holds for each of its nodes", () => {
  const target = fc.constantFrom("${attr.a}", "${attr.b}", "${attr.unique.a}", "${node.pool}", "${node.unique.id}");
  const side = fc.oneof(target, fc.constantFrom("1", "2", "n0", "edge"));
  const condition = fc.record({ LTarget: target, Operand: fc.constantFrom(...constraintOperators), RTarget: side });
  const pool = fc.constantFrom("", "default", "edge");
  const nodes = fc.array(fc.record({ Attributes: attributes, NodePool: pool }), { maxLength: 8 });
  fc.assert(
    fc.property(nodes, fc.array(condition, { maxLength: 2 }), condition, (fields, ofJob, ofGroup) => {
      const job = aJob({ Constraints: ofJob, TaskGroups: [group({ Constraints: [ofGroup] })] });
      const check = new ClassVerdicts(job).check(job.TaskGroups[0]!);
      for (const [at, { Attributes, NodePool }] of fields.entries()) {
        const bare = machine(`n${at}`, { NodePool, Attributes: { "driver.exec": "1", ...Attributes } });
        const node = { ...bare, ComputedClass: computedClass(bare) };
        const isMet = [...job.Constraints, ...job.TaskGroups[0]!.Constraints].every((one) =>
          constraintCheck(one)(node),
        );
        assert.equal(check(node) === undefined, isMet);
      }
    }),
    { numRuns: 500 },
  );
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
