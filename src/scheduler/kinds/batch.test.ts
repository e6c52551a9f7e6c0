import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, stoppedBy, turn } from "../harness.ts";

const three = [machine("n1"), machine("n2"), machine("n3")];
const done = { main: { State: "dead", Events: [{ Type: "Started" }, { Type: "Terminated", ExitCode: 0 }] } };
const failed = { main: { State: "dead", Failed: true, Events: [{ Type: "Terminated", ExitCode: 1 }] } };

const batch = (fields: object = {}) => aJob({ Type: "batch", ...fields });
const batchNeed = (fields: object = {}) => need({ Type: "batch", ...fields });

test("a batch allocation that is done is not run again; one that failed or was lost is", () => {
  const cases: [object, number][] = [
    [{ ClientStatus: "complete", TaskStates: done }, 0],
    [{ ClientStatus: "failed", TaskStates: failed }, 1],
    [{ ClientStatus: "lost", DesiredStatus: "stop" }, 1],
    [{ ClientStatus: "running" }, 0],
    [{ ClientStatus: "complete", DesiredStatus: "stop", TaskStates: done }, 0],
    [{ ClientStatus: "complete", DesiredStatus: "stop", TaskStates: failed }, 1],
  ];
  for (const [fields, placed] of cases) {
    const allocations = [anAllocation("a1", batch(), "n1", fields)];
    const { outcome } = turn(cluster({ nodes: three, jobs: [batch()], allocations }), batchNeed());
    assert.deepEqual([placedBy(outcome).length, stoppedBy(outcome).length], [placed, 0], JSON.stringify(fields));
  }
});

test("what a batch job did on a node stays done when the node goes", () => {
  for (const fields of [{ Status: "down" }, { Drain: true }]) {
    const allocations = [anAllocation("a1", batch(), "n1", { ClientStatus: "complete", TaskStates: done })];
    const { outcome } = turn(
      cluster({ nodes: [machine("n1", fields), machine("n2")], jobs: [batch()], allocations }),
      batchNeed(),
    );
    assert.deepEqual([placedBy(outcome), stoppedBy(outcome)], [[], []]);
  }
});

test("of several batch allocations of one name the newest counts", () => {
  const allocations = [
    anAllocation("a1", batch(), "n1", { CreateIndex: 30, ClientStatus: "complete", TaskStates: done }),
    anAllocation("a2", batch({ JobModifyIndex: 5 }), "n1", {
      CreateIndex: 20,
      ClientStatus: "complete",
      TaskStates: done,
    }),
  ];
  const { outcome } = turn(cluster({ nodes: three, jobs: [batch()], allocations }), batchNeed());
  assert.deepEqual([placedBy(outcome), stoppedBy(outcome)], [[], []]);
});

test("a batch job registered anew runs again only if its tasks changed", () => {
  const allocations = [anAllocation("a1", batch(), "n1", { ClientStatus: "complete", TaskStates: done })];
  const again = (job: object) =>
    turn(cluster({ nodes: three, jobs: [batch({ JobModifyIndex: 11, ...job })], allocations }), batchNeed()).outcome;
  const same = again({});
  assert.deepEqual([placedBy(same), stoppedBy(same)], [[], []]);
  const different = again({ TaskGroups: [group({ Tasks: [{ ...oneTask, User: "nobody" }] })] });
  assert.deepEqual([placedBy(different).length, stoppedBy(different).map(({ ID }) => ID)], [1, ["a1"]]);
});

test("what a batch job has done and must do again is stopped once, however long its successor waits for room", () => {
  const nowhere = { LTarget: "${node.datacenter}", Operand: "=", RTarget: "dc9" };
  const TaskGroups = [group({ Constraints: [nowhere], Tasks: [{ ...oneTask, User: "nobody" }] })];
  const jobs = [batch({ JobModifyIndex: 11, TaskGroups, Update: { Stagger: 1e9, MaxParallel: 1 } })];
  const allocations = [anAllocation("a1", batch(), "n1", { ClientStatus: "complete", TaskStates: done })];
  const first = turn(cluster({ nodes: three, jobs, allocations }), batchNeed());
  assert.deepEqual([placedBy(first.outcome), stoppedBy(first.outcome).map(({ ID }) => ID)], [[], ["a1"]]);
  const { outcome } = turn(first.view, batchNeed());
  assert.deepEqual([placedBy(outcome), stoppedBy(outcome), outcome.rolling], [[], [], undefined]);
  assert.equal(outcome.queued.get("grp"), 1);
});

test("what a batch job has done is not stopped when the job asks for less, or for other groups", () => {
  const allocations = [anAllocation("a1", batch(), "n1", { ClientStatus: "complete", TaskStates: done })];
  for (const TaskGroups of [[group({ Count: 0 })], [group({ Name: "other", Count: 0 })]]) {
    const jobs = [batch({ JobModifyIndex: 11, TaskGroups })];
    const { outcome } = turn(cluster({ nodes: three, jobs, allocations }), batchNeed());
    assert.deepEqual([placedBy(outcome), stoppedBy(outcome)], [[], []]);
  }
});
