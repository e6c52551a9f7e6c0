import assert from "node:assert";
import { test } from "node:test";
import type { Allocation } from "../../model/index.ts";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, stoppedBy, turn } from "../harness.ts";

const restarting = { JobModifyIndex: 11, TaskGroups: [group({ Tasks: [{ ...oneTask, User: "nobody" }] })] };
const described = (allocations: readonly Allocation[]) =>
  allocations.map(({ ID, DesiredDescription }) => [ID, DesiredDescription]);
const gone = "alloc is lost since its node is down";

test("a node that is drained or dead is the reason to replace an allocation, before an update of its job", () => {
  for (const [fields, reason] of [
    [{ Drain: true }, "alloc is being migrated"],
    [{ Status: "down" }, gone],
    [{}, "alloc is being updated due to job update"],
  ] as const) {
    const nodes = [machine("n1", fields), machine("n2")];
    const view = cluster({ nodes, jobs: [aJob(restarting)], allocations: [anAllocation("a1", aJob(), "n1")] });
    assert.deepEqual(described(stoppedBy(turn(view).outcome)), [["a1", reason]]);
  }
});

test("a node that is both down and drained has lost its allocations", () => {
  const nodes = [machine("n1", { Status: "down", Drain: true }), machine("n2")];
  const { outcome } = turn(cluster({ nodes, jobs: [aJob()], allocations: [anAllocation("a1", aJob(), "n1")] }));
  assert.deepEqual(described(stoppedBy(outcome)), [["a1", gone]]);
});

test("what is not wanted any more is stopped and not moved, wherever it is", () => {
  const job = aJob({ TaskGroups: [group({ Count: 0 })] });
  for (const [fields, reason] of [
    [{ Drain: true }, "alloc not needed due to job update"],
    [{}, "alloc not needed due to job update"],
    [{ Status: "down" }, gone],
  ] as const) {
    const nodes = [machine("n1", fields), machine("n2")];
    const { outcome } = turn(cluster({ nodes, jobs: [job], allocations: [anAllocation("a1", aJob(), "n1")] }));
    assert.deepEqual([described(stoppedBy(outcome)), placedBy(outcome)], [[["a1", reason]], []]);
  }
});

test("a node that is closed to new work keeps what it has", () => {
  const nodes = [machine("n1", { SchedulingEligibility: "ineligible" }), machine("n2")];
  const { outcome } = turn(cluster({ nodes, jobs: [aJob()], allocations: [anAllocation("a1", aJob(), "n1")] }));
  assert.deepEqual([stoppedBy(outcome), placedBy(outcome)], [[], []]);
});

test("a batch allocation that still runs leaves a drained node and is replaced when its node dies", () => {
  const job = aJob({ Type: "batch" });
  for (const [fields, reason] of [
    [{ Drain: true }, "alloc is being migrated"],
    [{ Status: "down" }, gone],
  ] as const) {
    const nodes = [machine("n1", fields), machine("n2")];
    const view = cluster({ nodes, jobs: [job], allocations: [anAllocation("a1", job, "n1")] });
    const { outcome } = turn(view, need({ Type: "batch" }));
    assert.deepEqual(described(stoppedBy(outcome)), [["a1", reason]]);
    assert.deepEqual(
      placedBy(outcome).map(({ Name, NodeID }) => [Name, NodeID]),
      [["web.grp[0]", "n2"]],
    );
  }
});

const ended = (ExitCode: number) => ({ State: "dead", Events: [{ Type: "Terminated", ExitCode }] });

test("a stopped batch allocation is done only if every one of its tasks ended, by itself and well", () => {
  const job = aJob({ Type: "batch" });
  const cases: readonly (readonly [object, boolean])[] = [
    [{ a: ended(0), b: ended(0) }, true],
    [{ a: ended(0), b: ended(1) }, false],
    [{ a: ended(0), b: { State: "running", Events: [{ Type: "Started" }] } }, false],
    [{ a: { State: "dead", Events: [{ Type: "Killed" }] } }, false],
    [{ a: { State: "dead", Events: [{ Type: "Terminated", ExitCode: 0 }, { Type: "Killed" }] } }, false],
    [{ a: { State: "dead", Events: [] } }, false],
    [{}, false],
  ];
  for (const [TaskStates, isDone] of cases) {
    const allocation = anAllocation("a1", job, "n1", { DesiredStatus: "stop", ClientStatus: "complete", TaskStates });
    const view = cluster({ nodes: [machine("n1")], jobs: [job], allocations: [allocation] });
    const { outcome } = turn(view, need({ Type: "batch" }));
    assert.equal(placedBy(outcome).length, isDone ? 0 : 1, JSON.stringify(TaskStates));
  }
});

test("names are filled where they are missing, whichever those are", () => {
  const job = aJob({ TaskGroups: [group({ Count: 4 })] });
  const allocations = [0, 2].map((at) => anAllocation(`a${at}`, job, "n1", { Name: `web.grp[${at}]` }));
  const { outcome } = turn(cluster({ nodes: [machine("n1")], jobs: [job], allocations }));
  assert.deepEqual(
    placedBy(outcome)
      .map(({ Name }) => Name)
      .sort(),
    ["web.grp[1]", "web.grp[3]"],
  );
});

test("a group that is renamed is stopped under its old name and placed under its new one", () => {
  const job = aJob({ JobModifyIndex: 11, TaskGroups: [group({ Name: "new" })] });
  const { outcome } = turn(
    cluster({ nodes: [machine("n1")], jobs: [job], allocations: [anAllocation("a1", aJob(), "n1")] }),
  );
  assert.deepEqual(described(stoppedBy(outcome)), [["a1", "alloc not needed due to job update"]]);
  assert.deepEqual(
    placedBy(outcome).map(({ Name, PreviousAllocation }) => [Name, PreviousAllocation]),
    [["web.new[0]", ""]],
  );
});
