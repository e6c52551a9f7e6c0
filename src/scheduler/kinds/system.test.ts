import assert from "node:assert";
import { test } from "node:test";
import type { Allocation } from "../../model/index.ts";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, stoppedBy, turn } from "../harness.ts";

const system = (fields: object = {}) => aJob({ Type: "system", ...fields });
const systemNeed = (fields: object = {}) => need({ Type: "system", ...fields });
const reasons = (allocations: readonly Allocation[]) =>
  allocations.map((one) => [one.ID, one.DesiredDescription]).sort();
const nodesOf = (allocations: readonly Allocation[]) => allocations.map(({ NodeID }) => NodeID).sort();

test("a system job is placed once on every ready node in its datacenters", () => {
  const nodes = [
    machine("n1"),
    machine("n2"),
    machine("down", { Status: "down" }),
    machine("draining", { Drain: true }),
    machine("closed", { SchedulingEligibility: "ineligible" }),
    machine("elsewhere", { Datacenter: "dc2" }),
  ];
  const { outcome, next } = turn(cluster({ nodes, jobs: [system()] }), systemNeed());
  assert.deepEqual(
    placedBy(outcome).map(({ NodeID, Name }) => [NodeID, Name]),
    [
      ["n1", "web.grp[0]"],
      ["n2", "web.grp[0]"],
    ],
  );
  assert.deepEqual([...outcome.queued], [["grp", 2]]);
  assert.ok(next.kind === "finished");
  assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 0 });
});

test("a node that joined gets what it lacks, the others are left alone", () => {
  const job = system();
  const allocations = [anAllocation("a1", job, "n1")];
  const view = cluster({ nodes: [machine("n1"), machine("n2")], jobs: [job], allocations });
  const { outcome } = turn(view, systemNeed({ TriggeredBy: "node-update" }));
  assert.deepEqual([nodesOf(placedBy(outcome)), stoppedBy(outcome)], [["n2"], []]);
});

test("an allocation that ended is placed again on its node", () => {
  const job = system();
  const allocations = [anAllocation("a1", job, "n1", { ClientStatus: "failed" })];
  const { outcome } = turn(cluster({ nodes: [machine("n1")], jobs: [job], allocations }), systemNeed());
  assert.deepEqual(nodesOf(placedBy(outcome)), ["n1"]);
});

test("what leaves a node is stopped and not placed elsewhere", () => {
  const job = system();
  const nodes = [machine("n1", { Drain: true }), machine("n2", { Status: "down" })];
  const allocations = [
    anAllocation("a1", job, "n1"),
    anAllocation("a2", job, "n2"),
    anAllocation("a3", job, "forgotten"),
  ];
  const { outcome } = turn(cluster({ nodes, jobs: [job], allocations }), systemNeed({ TriggeredBy: "node-update" }));
  assert.deepEqual(reasons(stoppedBy(outcome)), [
    ["a1", "alloc not needed due to job update"],
    ["a2", "alloc is lost since its node is down"],
    ["a3", "alloc is lost since its node is down"],
  ]);
  assert.deepEqual(
    stoppedBy(outcome)
      .map(({ ID, ClientStatus }) => [ID, ClientStatus])
      .sort(),
    [
      ["a1", "running"],
      ["a2", "lost"],
      ["a3", "lost"],
    ],
  );
  assert.deepEqual(placedBy(outcome), []);
});

test("a node that is down lacks nothing", () => {
  const job = system({ TaskGroups: [group(), group({ Name: "side" })] });
  const nodes = [machine("n1", { Status: "down" })];
  const allocations = [anAllocation("a1", job, "n1")];
  const { outcome, next } = turn(cluster({ nodes, jobs: [job], allocations }), systemNeed());
  assert.deepEqual([placedBy(outcome), next.kind], [[], "finished"]);
});

test("a job that leaves a datacenter is stopped there", () => {
  const job = system({ Datacenters: ["dc2"], JobModifyIndex: 11 });
  const nodes = [machine("n1"), machine("n2", { Datacenter: "dc2" })];
  const view = cluster({ nodes, jobs: [job], allocations: [anAllocation("a1", system(), "n1")] });
  const { outcome } = turn(view, systemNeed());
  assert.deepEqual(reasons(stoppedBy(outcome)), [["a1", "alloc not needed due to job update"]]);
  assert.deepEqual(nodesOf(placedBy(outcome)), ["n2"]);
});

test("a job that is gone is stopped everywhere, and a group with a count of 0", () => {
  const allocations = [anAllocation("a1", system(), "n1")];
  for (const jobs of [[], [system({ Stop: true })], [system({ TaskGroups: [group({ Count: 0 })] })]]) {
    const { outcome } = turn(cluster({ nodes: [machine("n1")], jobs, allocations }), systemNeed());
    assert.deepEqual(reasons(stoppedBy(outcome)), [["a1", "alloc not needed due to job update"]]);
    assert.deepEqual(placedBy(outcome), []);
  }
});

test("an update replaces allocations on their own nodes, so many at once as a rolling update says", () => {
  const Tasks = [{ ...oneTask, User: "nobody" }];
  const nodes = ["n1", "n2", "n3"].map((id) => machine(id));
  const allocations = nodes.map(({ ID }) => anAllocation(`a-${ID}`, system(), ID));
  const update = (fields: object) => {
    const job = system({ JobModifyIndex: 11, TaskGroups: [group({ Tasks })], ...fields });
    return turn(cluster({ nodes, jobs: [job], allocations }), systemNeed()).outcome;
  };
  const atOnce = update({});
  assert.deepEqual(nodesOf(placedBy(atOnce)), ["n1", "n2", "n3"]);
  assert.equal(stoppedBy(atOnce).length, 3);
  const rolling = update({ Update: { Stagger: 5, MaxParallel: 2 } });
  assert.deepEqual(nodesOf(placedBy(rolling)), nodesOf(stoppedBy(rolling)));
  assert.deepEqual([placedBy(rolling).length, rolling.rolling?.Wait, rolling.rolling?.Type], [2, 5, "system"]);
});

test("a system job is brought up as one also by an evaluation for services, which the stop of an earlier job has left", () => {
  const Update = { Stagger: 30e9, MaxParallel: 1 };
  const before = system({ Update });
  const after = system({
    Update,
    JobModifyIndex: 11,
    TaskGroups: [group({ Tasks: [{ ...oneTask, Config: { command: "/b" } }] })],
  });
  const nodes = [machine("n1"), machine("n2"), machine("n3")];
  const allocations = nodes.map(({ ID }) => anAllocation(`on ${ID}`, before, ID));
  const view = cluster({ nodes, jobs: [after], allocations });
  for (const TriggeredBy of ["job-deregister", "rolling-update"]) {
    const { outcome } = turn(view, need({ Type: "service", TriggeredBy }));
    assert.deepEqual([nodesOf(placedBy(outcome)), nodesOf(stoppedBy(outcome))], [["n1"], ["n1"]]);
    assert.deepEqual([outcome.rolling?.Type, outcome.rolling?.TriggeredBy], ["system", "rolling-update"]);
  }
});

test("an update in place keeps the allocation", () => {
  const job = system({ JobModifyIndex: 11, Meta: { a: "b" } });
  const { outcome } = turn(
    cluster({ nodes: [machine("n1")], jobs: [job], allocations: [anAllocation("a1", system(), "n1")] }),
    systemNeed(),
  );
  assert.deepEqual([placedBy(outcome).map(({ ID }) => ID), stoppedBy(outcome)], [["a1"], []]);
});

test("on a node that takes nothing new an allocation of an older version stays as it is", () => {
  const job = system({ JobModifyIndex: 11, TaskGroups: [group({ Tasks: [{ ...oneTask, User: "nobody" }] })] });
  const nodes = [machine("n1", { SchedulingEligibility: "ineligible" })];
  const { outcome, next } = turn(
    cluster({ nodes, jobs: [job], allocations: [anAllocation("a1", system(), "n1")] }),
    systemNeed(),
  );
  assert.deepEqual([placedBy(outcome), stoppedBy(outcome), next.kind], [[], [], "finished"]);
});

test("a drain takes system jobs with it, unless it is to leave them alone", () => {
  const allocations = [anAllocation("a1", system(), "n1")];
  for (const IgnoreSystemJobs of [false, true]) {
    const DrainStrategy = { Deadline: 0, IgnoreSystemJobs, StartedAt: "2026-01-01T00:00:00Z" };
    const nodes = [machine("n1", { Drain: true, DrainStrategy, SchedulingEligibility: "ineligible" })];
    const { outcome } = turn(cluster({ nodes, jobs: [system()], allocations }), systemNeed());
    assert.deepEqual([placedBy(outcome).length, stoppedBy(outcome).length], [0, IgnoreSystemJobs ? 0 : 1]);
  }
});

test("nobody waits for nodes that may not run the job; those without room are waited for, but block nothing", () => {
  const arm = { LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" };
  const nodes = [
    machine("good", { ComputedClass: "arm", Attributes: { arch: "arm", "driver.exec": "1" } }),
    machine("small", { ComputedClass: "arm", Attributes: { arch: "arm", "driver.exec": "1" }, Resources: { CPU: 1 } }),
    machine("amd-1"),
    machine("amd-2"),
    machine("amd-3", { ComputedClass: "class-c" }),
  ];
  const jobs = [system({ Constraints: [arm] })];
  const { outcome, next } = turn(cluster({ nodes, jobs }), systemNeed({ AnnotatePlan: true }));
  assert.deepEqual(nodesOf(placedBy(outcome)), ["good"]);
  assert.equal(outcome.blocked, undefined);
  assert.equal(outcome.unplaced.get("grp")?.CoalescedFailures, 3);
  assert.equal(outcome.plan.Annotations?.DesiredTGUpdates.grp?.Place, 2);
  assert.ok(next.kind === "finished");
  assert.equal(next.evaluation.Status, "complete");
  assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 1 });
});
