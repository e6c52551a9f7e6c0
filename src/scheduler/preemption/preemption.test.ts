import assert from "node:assert";
import { test } from "node:test";
import { type Allocation, defaultSchedulerConfiguration, highestFitScore, type Job } from "../../model/index.ts";
import {
  aJob,
  anAllocation,
  changed,
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
import type { SchedulingOutcome } from "../outcome.ts";
import { schedule } from "../schedule.ts";
import { netPriority } from "./net-priority.ts";

const allowedFor = (...types: string[]) => ({
  PreemptionConfig: {
    ...defaultSchedulerConfiguration.PreemptionConfig,
    ...Object.fromEntries(types.map((type) => [`${type}SchedulerEnabled`, true])),
  },
});
const allowed = allowedFor("System", "Batch", "Service");

const sized = (CPU: number, fields: object = {}) =>
  group({ Tasks: [{ ...oneTask, Resources: { CPU, MemoryMB: 10, DiskMB: 10 } }], ...fields });
/** A job of priority 70 that asks for 400 of the 900 MHz of a machine. */
const vip = (fields: object = {}) =>
  aJob({ ID: "vip", Name: "vip", Priority: 70, TaskGroups: [sized(400)], ...fields });
const small = (priority: number, fields: object = {}) =>
  aJob({ ID: `p${priority}`, Name: `p${priority}`, Priority: priority, TaskGroups: [sized(300)], ...fields });
const on = (nodeID: string, ID: string, of: Job, CPU = 300): Allocation =>
  anAllocation(ID, of, nodeID, { TaskResources: { main: { CPU, MemoryMB: 10, DiskMB: 10 } } });
/** A machine full of allocations of one job. */
const full = (nodeID: string, of: Job): Allocation[] =>
  [1, 2, 3].map((at) => on(nodeID, `${nodeID}-${of.ID}-${at}`, of));

const needVip = (fields: object = {}) => need({ JobID: "vip", Priority: 70, ...fields });
const evictedBy = ({ plan }: SchedulingOutcome) => Object.values(plan.NodePreemptions).flat();
const ids = (rows: readonly Allocation[]) => rows.map(({ ID }) => ID);

test("nothing is stopped for others as long as that is not allowed, for jobs of the type that asks", () => {
  for (const Type of ["service", "batch", "system"]) {
    const jobs = [vip({ Type }), small(20)];
    const rows = { nodes: [machine("n1")], jobs, allocations: full("n1", small(20)) };
    const others = ["Service", "Batch", "System"].filter((other) => other.toLowerCase() !== Type);
    const configurations = [undefined, { SchedulerAlgorithm: "binpack" }, allowedFor(...others)];
    const outcomes = configurations.map((configuration) =>
      schedule(cluster({ ...rows, ...(configuration && { configuration }) }), needVip({ Type }), seeded()),
    );
    for (const outcome of outcomes) {
      assert.deepEqual([placedBy(outcome), evictedBy(outcome)], [[], []]);
      assert.equal(JSON.stringify(outcome), JSON.stringify(outcomes[0]));
    }
    const itself = schedule(cluster({ ...rows, configuration: allowed }), needVip({ Type }), seeded());
    assert.equal(evictedBy(itself).length, Type === "system" ? 2 : 2, Type);
  }
});

test("an allocation and those that make room for it name each other", () => {
  const view = cluster({
    nodes: [machine("n1")],
    jobs: [vip(), small(20)],
    allocations: full("n1", small(20)),
    configuration: allowed,
  });
  const { outcome, view: after } = turn(view, needVip());
  const [placed] = placedBy(outcome);
  assert.deepEqual(placed?.PreemptedAllocations, ids(evictedBy(outcome)));
  assert.deepEqual(stoppedBy(outcome), []);
  for (const ID of placed?.PreemptedAllocations ?? []) {
    const stored = after.allocations.get(ID);
    assert.deepEqual(
      [stored?.DesiredStatus, stored?.DesiredDescription, stored?.PreemptedByAllocation, stored?.ClientStatus],
      ["evict", `Preempted by alloc ID ${placed?.ID}`, placed?.ID, "running"],
    );
  }
});

test("where there is room nothing is stopped, even if a node with less important work would be the better one", () => {
  const view = cluster({
    nodes: [machine("n1"), machine("n2"), machine("n3")],
    jobs: [vip(), small(20)],
    allocations: [...full("n1", small(20)), ...full("n3", small(20))],
    configuration: allowed,
  });
  const { outcome } = turn(view, needVip());
  assert.deepEqual(
    placedBy(outcome).map(({ NodeID }) => NodeID),
    ["n2"],
  );
  assert.deepEqual(evictedBy(outcome), []);
});

test("room that is left over where some was made is used before more is made", () => {
  const big = small(20, { TaskGroups: [sized(900)] });
  const view = cluster({
    nodes: [machine("n1"), machine("n2")],
    jobs: [vip({ TaskGroups: [sized(400, { Count: 4 })] }), big],
    allocations: [on("n1", "a", big, 900), on("n2", "b", big, 900)],
    configuration: allowed,
  });
  const { outcome } = turn(view, needVip());
  const stopping = placedBy(outcome).map(({ PreemptedAllocations }) => PreemptedAllocations.length);
  assert.deepEqual(stopping, [1, 0, 1, 0]);
});

test("what is stopped for others counts for what a plan can hold", () => {
  const nodes = [1, 2, 3, 4].map((at) => machine(`n${at}`));
  const allocations = nodes.flatMap(({ ID }) => full(ID, small(20)));
  const jobs = [vip({ TaskGroups: [sized(900, { Count: 4 })] }), small(20)];
  const view = cluster({ nodes, jobs, allocations, configuration: allowed });
  const { plan, isPart } = schedule(view, needVip(), { ...seeded(), mostChanges: 8 });
  const sizes = [plan.NodeAllocation, plan.NodePreemptions].map((part) => Object.values(part).flat().length);
  assert.deepEqual([...sizes, isPart], [2, 6, true]);
});

test("of several nodes that is taken on which the least important has to be stopped", () => {
  const jobs = [vip(), small(50), small(20), small(40)];
  const view = cluster({
    nodes: [machine("n1"), machine("n2"), machine("n3")],
    jobs,
    allocations: [...full("n1", small(50)), ...full("n2", small(20)), ...full("n3", small(40))],
    configuration: allowed,
  });
  const [placed] = placedBy(turn(view, needVip()).outcome);
  assert.equal(placed?.NodeID, "n2");
  const scores = placed?.Metrics?.Scores ?? {};
  assert.equal(Object.keys(scores).filter((name) => name.endsWith(".preemption")).length, 3);
  assert.ok((scores["n2.preemption"] ?? 0) > (scores["n3.preemption"] ?? 0));
  assert.ok((scores["n2.preemption"] ?? 0) < highestFitScore);
});

test("the net priority is the highest, and a little more for each of the others", () => {
  const of = (...priorities: number[]) => netPriority(priorities.map((at) => on("n1", "a", small(at))));
  assert.deepEqual([of(), of(20), of(20, 20), of(20, 40, 40)], [0, 21, 22, 42.5]);
});

test("a system job makes room on every node where it has none", () => {
  const view = cluster({
    nodes: [machine("n1"), machine("n2"), machine("n3")],
    jobs: [vip({ Type: "system" }), small(20), small(65)],
    allocations: [...full("n1", small(20)), ...full("n3", small(65))],
    configuration: allowed,
  });
  const { outcome } = turn(view, needVip({ Type: "system" }));
  assert.deepEqual(
    placedBy(outcome).map(({ NodeID, PreemptedAllocations }) => [NodeID, PreemptedAllocations.length]),
    [
      ["n1", 2],
      ["n2", 0],
    ],
  );
  assert.equal(outcome.unplaced.get("grp")?.DimensionExhausted["cpu exhausted"], 1);
});

test("an update in place stops nobody", () => {
  const before = vip({ JobModifyIndex: 9, TaskGroups: [sized(100)] });
  const view = cluster({
    nodes: [machine("n1")],
    jobs: [vip({ JobModifyIndex: 11 }), small(20)],
    allocations: [
      anAllocation("own", before, "n1", { TaskResources: { main: { CPU: 100, MemoryMB: 10 } } }),
      on("n1", "other", small(20), 800),
    ],
    configuration: allowed,
  });
  const { outcome } = turn(view, needVip());
  assert.deepEqual(ids(stoppedBy(outcome)), ["own"]);
  assert.deepEqual(
    placedBy(outcome).map(({ PreemptedAllocations }) => PreemptedAllocations),
    [["other"]],
  );
});

test("a job that lost allocations is looked at again, whatever its type, and waits for room if it finds none", () => {
  for (const Type of ["service", "batch", "system"]) {
    const lower = small(20, { Type, TaskGroups: [sized(300, { Count: Type === "system" ? 1 : 3 })] });
    const there = full("n1", lower).map((one, at) => ({ ...one, Name: `p20.grp[${Type === "system" ? 0 : at}]` }));
    const rows = { nodes: [machine("n1")], jobs: [vip({ TaskGroups: [sized(900)] }), lower], configuration: allowed };
    const { view } = turn(cluster({ ...rows, allocations: Type === "system" ? there.slice(0, 1) : there }), needVip());
    const again = need({ JobID: "p20", Priority: 20, Type, TriggeredBy: "preemption" });
    const elsewhere = turn(changed(view, { nodes: [machine("n2")] }), again);
    const back = placedBy(elsewhere.outcome).map(({ NodeID }) => NodeID);
    assert.deepEqual(back, Type === "system" ? ["n2"] : ["n2", "n2", "n2"], Type);
    const { outcome, next } = turn(view, again);
    assert.deepEqual([placedBy(outcome), outcome.refusal], [[], undefined]);
    assert.equal(outcome.blocked?.Status, "blocked", Type);
    assert.equal(next.kind, "finished");
  }
});

test("a dry run counts and lists what would be stopped", () => {
  const view = cluster({
    nodes: [machine("n1")],
    jobs: [vip(), small(20)],
    allocations: full("n1", small(20)),
    configuration: allowed,
  });
  const { plan } = schedule(view, needVip({ AnnotatePlan: true }), seeded());
  const counts = plan.Annotations?.DesiredTGUpdates.grp;
  assert.deepEqual([counts?.Place, counts?.Preemptions], [1, 2]);
  assert.deepEqual(
    plan.Annotations?.PreemptedAllocs.map(({ ID, JobID, JobType, TaskGroup }) => [ID, JobID, JobType, TaskGroup]),
    evictedBy(schedule(view, needVip(), seeded())).map(({ ID }) => [ID, "p20", "service", "grp"]),
  );
});
