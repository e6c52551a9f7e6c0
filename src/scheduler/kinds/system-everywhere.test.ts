import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, stoppedBy, turn } from "../harness.ts";

const system = (fields: object = {}) => aJob({ Type: "system", ...fields });
const systemNeed = (fields: object = {}) => need({ Type: "system", ...fields });
const restarting = { JobModifyIndex: 11, TaskGroups: [group({ Tasks: [{ ...oneTask, User: "nobody" }] })] };

test("hosts of a system job are as distinct as they can be: its groups share them", () => {
  const Constraints = [{ Operand: "distinct_hosts" }];
  const jobs = [system({ Constraints, TaskGroups: [group(), group({ Name: "side" })] })];
  const { outcome } = turn(cluster({ nodes: [machine("n1"), machine("n2")], jobs }), systemNeed());
  assert.equal(placedBy(outcome).length, 4);
});

test("what leaves dead and drained nodes is not held up by a rolling update", () => {
  const job = system({ Update: { Stagger: 1, MaxParallel: 1 }, ...restarting });
  const nodes = [
    machine("n1", { Status: "down" }),
    machine("n2", { Status: "down" }),
    machine("n3", { Drain: true }),
    machine("n4"),
    machine("n5"),
  ];
  const allocations = nodes.map(({ ID }) => anAllocation(`on-${ID}`, system(), ID));
  const { outcome } = turn(cluster({ nodes, jobs: [job], allocations }), systemNeed());
  const stopped = stoppedBy(outcome).map(({ NodeID }) => NodeID);
  assert.deepEqual(
    ["n1", "n2", "n3"].filter((id) => stopped.includes(id)),
    ["n1", "n2", "n3"],
  );
  assert.equal(stopped.length, 4);
  assert.deepEqual(
    placedBy(outcome).map(({ NodeID }) => NodeID),
    stopped.filter((id) => id === "n4" || id === "n5"),
  );
  assert.ok(outcome.rolling);
});

test("a rolling update of a system job comes to its end, a node at a time", () => {
  const job = system({ Update: { Stagger: 1, MaxParallel: 1 }, ...restarting });
  const nodes = ["n1", "n2", "n3"].map((id) => machine(id));
  let view = cluster({ nodes, jobs: [job], allocations: nodes.map(({ ID }) => anAllocation(ID, system(), ID)) });
  const replaced: number[] = [];
  for (let at = 0; at < 5; at++) {
    const round = turn(view, systemNeed({ ID: `eval-${at}`, TriggeredBy: "rolling-update" }), `${at}`);
    replaced.push(stoppedBy(round.outcome).length);
    view = round.view;
  }
  assert.deepEqual(replaced, [1, 1, 1, 0, 0]);
});

test("an update of what has no room any more is stopped and waited for on its own node", () => {
  const jobs = [
    system({
      JobModifyIndex: 11,
      TaskGroups: [group({ Tasks: [{ ...oneTask, Resources: { CPU: 950, MemoryMB: 100 } }] })],
    }),
  ];
  const view = cluster({
    nodes: [machine("n1"), machine("n2")],
    jobs,
    allocations: [anAllocation("a1", system(), "n1")],
  });
  const { outcome, next } = turn(view, systemNeed());
  assert.deepEqual([stoppedBy(outcome).map(({ ID }) => ID), placedBy(outcome)], [["a1"], []]);
  assert.ok(next.kind === "finished");
  assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 2 });
  assert.deepEqual({ ...outcome.unplaced.get("grp")?.DimensionExhausted }, { "cpu exhausted": 1 });
});

test("nodes of every class are counted by their own constraints, in whatever order they are looked at", () => {
  const arm = { LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" };
  const armed = { ComputedClass: "arm", Attributes: { arch: "arm", "driver.exec": "1" } };
  const tiny = { Resources: { CPU: 1, MemoryMB: 1 } };
  const kinds = [{}, { ...armed, ...tiny }, {}, armed, {}, { ...armed, ...tiny }, {}];
  for (let from = 0; from < kinds.length; from++) {
    const turned = [...kinds.slice(from), ...kinds.slice(0, from)];
    const nodes = turned.map((fields, at) => machine(`n${at}`, fields));
    const { outcome, next } = turn(cluster({ nodes, jobs: [system({ Constraints: [arm] })] }), systemNeed());
    assert.equal(placedBy(outcome).length, 1);
    assert.ok(next.kind === "finished");
    assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 2 }, `from ${from}`);
  }
});

test("a lost node's system allocations are not placed elsewhere, and come back with the node", () => {
  const job = system();
  const down = cluster({
    nodes: [machine("n1", { Status: "down" })],
    jobs: [job],
    allocations: [anAllocation("a1", job, "n1")],
  });
  const lost = turn(down, systemNeed({ TriggeredBy: "node-update" }));
  assert.deepEqual([stoppedBy(lost.outcome).length, placedBy(lost.outcome)], [1, []]);
  const back = lost.view.assuming((write) => write.put("nodes", machine("n1")));
  const { outcome } = turn(back, systemNeed({ TriggeredBy: "node-update" }), "back");
  assert.deepEqual(
    placedBy(outcome).map(({ NodeID }) => NodeID),
    ["n1"],
  );
});
