import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, stoppedBy, turn } from "../harness.ts";

const three = [machine("n1"), machine("n2"), machine("n3")];
const newer = (fields: object = {}) => aJob({ JobModifyIndex: 11, ...fields });

const restarting = (fields: object = {}) =>
  newer({ TaskGroups: [group({ Count: 4, Tasks: [{ ...oneTask, User: "nobody" }] })], ...fields });
const rolling = { Update: { Stagger: 30_000_000_000, MaxParallel: 1 } };
const four = (nodeOf: (at: number) => string = () => "n1") =>
  [0, 1, 2, 3].map((at) => anAllocation(`a${at}`, aJob(), nodeOf(at), { Name: `web.grp[${at}]` }));

test("without a rolling update all allocations are replaced at once", () => {
  const { outcome } = turn(cluster({ nodes: three, jobs: [restarting()], allocations: four() }));
  assert.deepEqual([stoppedBy(outcome).length, placedBy(outcome).length, outcome.rolling], [4, 4, undefined]);
});

test("a rolling update replaces so many at once, and goes on in an evaluation of its own after its stagger", () => {
  const { outcome, next } = turn(cluster({ nodes: three, jobs: [restarting(rolling)], allocations: four() }));
  assert.deepEqual([stoppedBy(outcome).length, placedBy(outcome).length], [1, 1]);
  assert.ok(outcome.rolling);
  const { ID, TriggeredBy, Wait, PreviousEval, Status, Type, Priority, JobID, JobModifyIndex } = outcome.rolling;
  assert.deepEqual(
    [TriggeredBy, Wait, PreviousEval, Status, Type, Priority, JobID, JobModifyIndex],
    ["rolling-update", 30_000_000_000, "eval-1", "pending", "service", 50, "web", 10],
  );
  assert.ok(next.kind === "finished");
  assert.equal(next.evaluation.NextEval, ID);
});

test("a rolling update ends when everything is replaced", () => {
  let view = cluster({ nodes: three, jobs: [restarting(rolling)], allocations: four() });
  const turns = [];
  for (let rounds = 0; rounds < 10; rounds++) {
    const round = turn(
      view,
      need({ ID: `eval-${rounds}`, TriggeredBy: rounds === 0 ? "job-register" : "rolling-update" }),
      `${rounds}`,
    );
    turns.push([stoppedBy(round.outcome).length, round.outcome.rolling !== undefined]);
    view = round.view;
    if (round.outcome.rolling === undefined) break;
  }
  assert.deepEqual(turns, [
    [1, true],
    [1, true],
    [1, true],
    [1, false],
  ]);
});

test("draining and dead nodes share the limit of a rolling update: first those, then updates, then the lost", () => {
  const nodes = [machine("n1"), machine("n2", { Drain: true }), machine("n3", { Status: "down" })];
  const allocations = four((at) => ["n1", "n2", "n3", "n3"][at] as string);
  const parallel = (MaxParallel: number) => {
    const jobs = [restarting({ Update: { Stagger: 1, MaxParallel } })];
    const { outcome } = turn(cluster({ nodes, jobs, allocations }));
    return [
      stoppedBy(outcome)
        .map(({ ID }) => ID)
        .sort(),
      outcome.rolling !== undefined,
    ];
  };
  assert.deepEqual(parallel(1), [["a1"], true]);
  assert.deepEqual(parallel(2), [["a0", "a1"], true]);
  assert.deepEqual(parallel(3), [["a0", "a1", "a2"], true]);
  assert.deepEqual(parallel(4), [["a0", "a1", "a2", "a3"], false]);
});

test("updates in place and new allocations are not limited", () => {
  const after = newer({ TaskGroups: [group({ Count: 6 })], ...rolling });
  const { outcome } = turn(cluster({ nodes: three, jobs: [after], allocations: four() }));
  assert.deepEqual([placedBy(outcome).length, stoppedBy(outcome).length, outcome.rolling], [6, 0, undefined]);
});

test("a limit without a stagger, or a stagger without a limit, is no rolling update", () => {
  for (const Update of [
    { Stagger: 0, MaxParallel: 1 },
    { Stagger: 1, MaxParallel: 0 },
  ]) {
    const { outcome } = turn(cluster({ nodes: three, jobs: [restarting({ Update })], allocations: four() }));
    assert.deepEqual([stoppedBy(outcome).length, outcome.rolling], [4, undefined]);
  }
});

test("a limit that is just enough leaves nothing for later", () => {
  const jobs = [restarting({ Update: { Stagger: 1, MaxParallel: 4 } })];
  const { outcome } = turn(cluster({ nodes: three, jobs, allocations: four() }));
  assert.deepEqual([stoppedBy(outcome).length, outcome.rolling], [4, undefined]);
});

test("what is not wanted any more is stopped at once, however slow the update is", () => {
  const jobs = [newer({ TaskGroups: [group({ Count: 1 })], ...rolling })];
  const { outcome } = turn(cluster({ nodes: three, jobs, allocations: four() }));
  assert.deepEqual(
    stoppedBy(outcome)
      .map(({ ID }) => ID)
      .sort(),
    ["a1", "a2", "a3"],
  );
  assert.equal(outcome.rolling, undefined);
});

test("the limit of a rolling update is for all groups of the job together", () => {
  const Tasks = [{ ...oneTask, User: "nobody" }];
  const groups = (tasks: object) => [group({ Count: 2, ...tasks }), group({ Name: "b", Count: 2, ...tasks })];
  const before = aJob({ TaskGroups: groups({}) });
  const allocations = ["grp", "b"].flatMap((name) =>
    [0, 1].map((at) => anAllocation(`${name}${at}`, before, "n1", { Name: `web.${name}[${at}]`, TaskGroup: name })),
  );
  const jobs = [newer({ TaskGroups: groups({ Tasks }), Update: { Stagger: 1, MaxParallel: 3 } })];
  const { outcome } = turn(cluster({ nodes: three, jobs, allocations }));
  assert.deepEqual([stoppedBy(outcome).length, outcome.rolling !== undefined], [3, true]);
});

test("a turn of a rolling update goes on with what the last one left, not with what it has placed", () => {
  const jobs = [restarting(rolling)];
  const first = turn(cluster({ nodes: three, jobs, allocations: four() }));
  const placed = new Set(placedBy(first.outcome).map(({ ID }) => ID));
  const second = turn(first.view, need({ ID: "eval-2", TriggeredBy: "rolling-update" }), "again");
  assert.deepEqual(
    stoppedBy(second.outcome).map(({ ID }) => placed.has(ID)),
    [false],
  );
});

test("a dry run counts what is lost among nothing", () => {
  const nodes = [machine("n1", { Status: "down" }), machine("n2")];
  const allocations = [anAllocation("a1", aJob(), "n1")];
  const { outcome } = turn(cluster({ nodes, jobs: [aJob()], allocations }), need({ AnnotatePlan: true }));
  assert.equal(stoppedBy(outcome).length, 1);
  assert.deepEqual({ ...outcome.plan.Annotations?.DesiredTGUpdates }, {});
});
