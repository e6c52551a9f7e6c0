import assert from "node:assert";
import { test } from "node:test";
import { deepEqual, nanoseconds } from "../../base/index.ts";
import type { Allocation } from "../../model/index.ts";
import {
  aJob,
  anAllocation,
  cluster,
  group,
  machine,
  need,
  oneTask,
  placedBy,
  seeded,
  stoppedBy,
  turn,
} from "../harness.ts";
import { schedule } from "../schedule.ts";

const names = (allocations: readonly Allocation[]) => allocations.map(({ Name }) => Name).sort();
const reasons = (allocations: readonly Allocation[]) =>
  allocations.map((one) => [one.ID, one.DesiredDescription]).sort();
const three = [machine("n1"), machine("n2"), machine("n3")];
const newer = (fields: object = {}) => aJob({ JobModifyIndex: 11, ...fields });

test("a new job is placed as often as it is wanted, under names made of the job's name", () => {
  const job = aJob({ Name: "pretty", TaskGroups: [group({ Count: 3 }), group({ Name: "side" })] });
  const { outcome, next } = turn(cluster({ nodes: three, jobs: [job] }));
  assert.deepEqual(names(placedBy(outcome)), ["pretty.grp[0]", "pretty.grp[1]", "pretty.grp[2]", "pretty.side[0]"]);
  assert.deepEqual(
    [...outcome.queued],
    [
      ["grp", 3],
      ["side", 1],
    ],
  );
  assert.ok(next.kind === "finished");
  assert.equal(next.evaluation.Status, "complete");
  assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 0, side: 0 });
});

test("a new allocation carries what its client needs, and leaves the rest to whoever applies the plan", () => {
  const { outcome } = turn(cluster({ nodes: [machine("n1")], jobs: [aJob()] }));
  const [placed] = placedBy(outcome);
  assert.ok(placed);
  assert.deepEqual(
    [
      placed.EvalID,
      placed.JobID,
      placed.TaskGroup,
      placed.NodeID,
      placed.NodeName,
      placed.DesiredStatus,
      placed.ClientStatus,
    ],
    ["eval-1", "web", "grp", "n1", "name-n1", "run", "pending"],
  );
  assert.deepEqual([placed.Job, placed.Resources, placed.CreateIndex, placed.CreateTime], [null, null, 0, 0]);
  assert.equal(placed.TaskResources.main?.CPU, 100);
  assert.match(placed.ID, /^[0-9a-f-]{36}$/);
});

test("what is as it should be is left alone, and no plan is submitted", () => {
  const job = aJob();
  const { outcome, next } = turn(cluster({ nodes: three, jobs: [job], allocations: [anAllocation("a1", job, "n1")] }));
  assert.deepEqual([placedBy(outcome), stoppedBy(outcome)], [[], []]);
  assert.ok(next.kind === "finished");
  assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 0 });
});

test("a job that is gone or stopped has its allocations stopped", () => {
  const job = aJob();
  const allocations = [anAllocation("a1", job, "n1"), anAllocation("a2", job, "n2", { ClientStatus: "complete" })];
  for (const jobs of [[], [aJob({ Stop: true })]]) {
    const { outcome, next } = turn(
      cluster({ nodes: three, jobs, allocations }),
      need({ TriggeredBy: "job-deregister" }),
    );
    assert.deepEqual(reasons(stoppedBy(outcome)), [["a1", "alloc not needed due to job update"]]);
    const [stopped] = stoppedBy(outcome);
    assert.deepEqual(
      [stopped?.DesiredStatus, stopped?.ClientStatus, stopped?.Job, stopped?.Resources],
      ["stop", "running", null, null],
    );
    assert.deepEqual(placedBy(outcome), []);
    assert.equal(outcome.plan.Job?.ID, "web");
    assert.ok(next.kind === "finished");
    assert.deepEqual({ ...next.evaluation.QueuedAllocations }, {});
  }
});

test("a lower count stops the allocations whose names are not wanted any more", () => {
  const job = aJob();
  const allocations = [0, 1, 2].map((at) => anAllocation(`a${at}`, job, "n1", { Name: `web.grp[${at}]` }));
  const { outcome } = turn(cluster({ nodes: three, jobs: [job], allocations }));
  assert.deepEqual(reasons(stoppedBy(outcome)), [
    ["a1", "alloc not needed due to job update"],
    ["a2", "alloc not needed due to job update"],
  ]);
});

test("a renamed job starts anew", () => {
  const allocations = [anAllocation("a1", aJob(), "n1")];
  const { outcome } = turn(cluster({ nodes: three, jobs: [aJob({ Name: "other" })], allocations }));
  assert.deepEqual(names(placedBy(outcome)), ["other.grp[0]"]);
  assert.deepEqual(reasons(stoppedBy(outcome)), [["a1", "alloc not needed due to job update"]]);
});

test("allocations of a job in another namespace are none of its business", () => {
  const other = aJob({ Namespace: "other" });
  const { outcome } = turn(
    cluster({ nodes: three, jobs: [aJob(), other], allocations: [anAllocation("a1", other, "n1")] }),
  );
  assert.deepEqual(names(placedBy(outcome)), ["web.grp[0]"]);
  assert.deepEqual(stoppedBy(outcome), []);
});

test("a service allocation that ended is replaced, however it ended", () => {
  for (const ClientStatus of ["complete", "failed", "lost"]) {
    const allocations = [anAllocation("a1", aJob(), "n1", { ClientStatus })];
    const { outcome } = turn(cluster({ nodes: three, jobs: [aJob()], allocations }));
    assert.deepEqual(names(placedBy(outcome)), ["web.grp[0]"]);
    assert.deepEqual(stoppedBy(outcome), []);
  }
});

test("allocations leave a draining node, one new one for each", () => {
  const job = aJob();
  const nodes = [machine("n1", { Drain: true }), machine("n2")];
  const { outcome } = turn(cluster({ nodes, jobs: [job], allocations: [anAllocation("a1", job, "n1")] }));
  assert.deepEqual(reasons(stoppedBy(outcome)), [["a1", "alloc is being migrated"]]);
  assert.deepEqual(
    placedBy(outcome).map(({ Name, NodeID, PreviousAllocation }) => [Name, NodeID, PreviousAllocation]),
    [["web.grp[0]", "n2", "a1"]],
  );
});

test("of a drain of 1.x a service leaves by so many at a time as its migrate block says, and a batch job does not leave", () => {
  const leaves = (Type: string, strategy: object, fields: object = {}) => {
    const Migrate = { MaxParallel: 2, HealthCheck: "checks", MinHealthyTime: 0, HealthyDeadline: 0 };
    const job = aJob({ Type, TaskGroups: [group({ Count: 4, Migrate })] });
    const DrainStrategy = {
      Deadline: 0,
      IgnoreSystemJobs: false,
      ForceDeadline: null,
      StartedAt: "1970-01-01T00:00:00Z",
    };
    const nodes = [machine("n1", { Drain: true, DrainStrategy: { ...DrainStrategy, ...strategy } }), machine("n2")];
    const allocations = [0, 1, 2, 3].map((n) =>
      anAllocation(`a${n}`, job, "n1", { Name: `web.grp[${n}]`, ClientStatus: "running", ...fields }),
    );
    const { outcome } = turn(cluster({ nodes, jobs: [job], allocations }), need({ Type }));
    assert.equal(placedBy(outcome).length, stoppedBy(outcome).length);
    return names(stoppedBy(outcome));
  };
  assert.deepEqual(leaves("service", {}), ["web.grp[0]", "web.grp[1]"]);
  assert.deepEqual(
    leaves("service", {}, { CreateTime: 10e9, ClientStatus: "pending" }),
    [],
    "none of them is there yet",
  );
  assert.deepEqual(leaves("batch", {}), []);
  for (const Type of ["service", "batch"]) {
    for (const atOnce of [
      { Deadline: -1 },
      { StartedAt: null },
      { Deadline: 1, ForceDeadline: "1970-01-01T00:00:01Z" },
    ]) {
      assert.equal(leaves(Type, atOnce).length, 4);
    }
  }
});

test("allocations of a node that is down or forgotten are lost and replaced", () => {
  const job = aJob();
  for (const nodes of [[machine("n1", { Status: "down" }), machine("n2")], [machine("n2")]]) {
    const { outcome } = turn(cluster({ nodes, jobs: [job], allocations: [anAllocation("a1", job, "n1")] }));
    const [stopped] = stoppedBy(outcome);
    assert.deepEqual(
      [stopped?.DesiredStatus, stopped?.DesiredDescription, stopped?.ClientStatus],
      ["stop", "alloc is lost since its node is down", "lost"],
    );
    assert.deepEqual(
      placedBy(outcome).map(({ NodeID }) => NodeID),
      ["n2"],
    );
  }
});

test("what was to stop when its node went down is lost; on a draining node its client will say", () => {
  const job = aJob();
  const stopping = anAllocation("a1", job, "n1", { DesiredStatus: "stop", Name: "web.grp[7]" });
  const others = [anAllocation("a2", job, "n2")];
  const view = (fields: object) =>
    cluster({ nodes: [machine("n1", fields), machine("n2")], jobs: [job], allocations: [stopping, ...others] });
  assert.deepEqual(
    stoppedBy(turn(view({ Status: "down" })).outcome).map(({ ID, ClientStatus }) => [ID, ClientStatus]),
    [["a1", "lost"]],
  );
  assert.deepEqual(stoppedBy(turn(view({ Drain: true })).outcome), []);
});

test("what a stopped job had on a node that is down is lost", () => {
  const job = aJob();
  const nodes = [machine("n1", { Status: "down" })];
  const { outcome } = turn(cluster({ nodes, allocations: [anAllocation("a1", job, "n1")] }));
  assert.deepEqual(
    stoppedBy(outcome).map(({ ClientStatus }) => ClientStatus),
    ["lost"],
  );
  assert.deepEqual(placedBy(outcome), []);
});

test("what finds no room waits as a blocked evaluation that knows which classes may help", () => {
  const job = aJob({ TaskGroups: [group({ Count: 12 })] });
  const gpu = machine("n2", { ComputedClass: "class-b", Attributes: {} });
  const { outcome, next } = turn(
    cluster({ nodes: [machine("n1"), gpu], jobs: [job] }),
    need({ TriggeredBy: "node-update" }),
  );
  assert.equal(placedBy(outcome).length, 9);
  const metric = outcome.unplaced.get("grp");
  assert.deepEqual(
    [metric?.CoalescedFailures, metric?.NodesEvaluated, metric?.NodesFiltered, metric?.NodesExhausted],
    [2, 2, 1, 1],
  );
  assert.deepEqual({ ...metric?.DimensionExhausted }, { "cpu exhausted": 1 });
  assert.ok(outcome.blocked);
  const {
    Status,
    StatusDescription,
    TriggeredBy,
    PreviousEval,
    ClassEligibility,
    EscapedComputedClass,
    SnapshotIndex,
  } = outcome.blocked;
  assert.deepEqual(
    [Status, StatusDescription, TriggeredBy, PreviousEval, EscapedComputedClass, SnapshotIndex],
    ["blocked", "created to place remaining allocations", "node-update", "eval-1", false, outcome.viewIndex],
  );
  assert.deepEqual({ ...ClassEligibility }, { "class-a": true, "class-b": false });
  assert.ok(next.kind === "finished");
  const { BlockedEval, FailedTGAllocs, QueuedAllocations } = next.evaluation;
  assert.deepEqual(
    [BlockedEval, Object.keys(FailedTGAllocs), { ...QueuedAllocations }],
    [outcome.blocked.ID, ["grp"], { grp: 3 }],
  );
});

test("a blocked evaluation that still finds no room goes on waiting as itself, with what it knows now", () => {
  const jobs = [aJob({ TaskGroups: [group({ Count: 12 })] })];
  const waiting = need({ Status: "blocked", ClassEligibility: { "class-z": true } });
  const { outcome, next } = turn(cluster({ nodes: [machine("n1")], jobs }), waiting);
  assert.equal(outcome.blocked, undefined);
  assert.ok(next.kind === "reblock");
  const { ID, Status, ClassEligibility, QueuedAllocations, SnapshotIndex } = next.evaluation;
  assert.deepEqual(
    [ID, Status, { ...ClassEligibility }, { ...QueuedAllocations }, SnapshotIndex],
    ["eval-1", "blocked", { "class-a": true }, { grp: 3 }, outcome.viewIndex],
  );
});

test("a blocked evaluation that places all it waited for is complete", () => {
  const { next } = turn(cluster({ nodes: three, jobs: [aJob()] }), need({ Status: "blocked" }));
  assert.equal(next.kind === "finished" && next.evaluation.Status, "complete");
});

test("a dry run counts what would happen, group by group", () => {
  const job = newer({
    TaskGroups: [group({ Count: 4, Tasks: [{ ...oneTask, User: "nobody" }] }), group({ Name: "same" })],
  });
  const nodes = [machine("n1"), machine("n2", { Drain: true })];
  const older = aJob({ TaskGroups: [group(), group({ Name: "same" }), group({ Name: "gone" })] });
  const allocations = [
    anAllocation("a0", older, "n1"),
    anAllocation("a1", older, "n2", { Name: "web.grp[1]" }),
    anAllocation("a2", job, "n1", { Name: "web.grp[2]" }),
    anAllocation("b0", older, "n1", { Name: "web.same[0]", TaskGroup: "same" }),
    anAllocation("c0", older, "n1", { Name: "web.gone[0]", TaskGroup: "gone" }),
  ];
  const { outcome } = turn(cluster({ nodes, jobs: [job], allocations }), need({ AnnotatePlan: true }));
  const nothing = {
    Ignore: 0,
    Place: 0,
    Migrate: 0,
    Stop: 0,
    InPlaceUpdate: 0,
    DestructiveUpdate: 0,
    Canary: 0,
    Preemptions: 0,
  };
  assert.deepEqual(
    { ...outcome.plan.Annotations?.DesiredTGUpdates },
    {
      grp: { ...nothing, Place: 1, Migrate: 1, Ignore: 1, DestructiveUpdate: 1 },
      same: { ...nothing, InPlaceUpdate: 1 },
      gone: { ...nothing, Stop: 1 },
    },
  );
});

test("an evaluation for a reason the scheduler does not know fails, and nothing is done", () => {
  for (const [Type, TriggeredBy] of [
    ["service", "whim"],
    ["system", "periodic-job"],
  ]) {
    const { outcome, next } = turn(cluster({ nodes: three, jobs: [aJob({ Type })] }), need({ Type, TriggeredBy }));
    assert.deepEqual([placedBy(outcome), next.kind], [[], "finished"]);
    assert.ok(next.kind === "finished");
    assert.equal(next.evaluation.Status, "failed");
    assert.equal(next.evaluation.StatusDescription, `scheduler cannot handle '${TriggeredBy}' evaluation reason`);
  }
});

test("the same view, evaluation and seed give the same outcome to the last byte", () => {
  const view = cluster({ nodes: three, jobs: [aJob({ TaskGroups: [group({ Count: 30 })] })] });
  const run = () => schedule(view, need(), seeded());
  assert.ok(deepEqual(run(), run()));
  assert.equal(JSON.stringify(run().plan), JSON.stringify(run().plan));
});

test("time spent on a search is measured with the clock that is given", () => {
  const ticks = [100, 200, 450].values();
  const elapsed = () => nanoseconds(ticks.next().value ?? 0);
  const outcome = schedule(cluster({ nodes: three, jobs: [aJob()] }), need(), { ...seeded(), elapsed });
  assert.equal(placedBy(outcome)[0]?.Metrics?.AllocationTime, 100);
});
