import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { type Allocation, allowedCount, isTerminalAllocation, type Job, type Node } from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
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
  stoppedBy,
  turn,
} from "../harness.ts";

const perRack = (RTarget = "") => ({ LTarget: "${meta.rack}", Operand: "distinct_property", RTarget });
const inRack = (ID: string, rack?: string, fields: object = {}) =>
  machine(ID, { ComputedClass: `class-${rack}`, Meta: rack === undefined ? {} : { rack }, ...fields });
const racks = [inRack("n1", "r1"), inRack("n2", "r1"), inRack("n3", "r2")];

const nodesOf = (allocations: readonly Allocation[], name = "grp") =>
  allocations.flatMap(({ TaskGroup, NodeID }) => (TaskGroup === name ? [NodeID] : [])).sort();

test("allocations have distinct values of the property, and the rest waits", () => {
  const { outcome } = turn(
    cluster({ nodes: racks, jobs: [aJob({ Constraints: [perRack()], TaskGroups: [group({ Count: 3 })] })] }),
  );
  const placed = nodesOf(placedBy(outcome));
  assert.deepEqual([placed.length, placed.at(-1)], [2, "n3"]);
  assert.deepEqual({ ...outcome.unplaced.get("grp")?.ConstraintFiltered }, { "${meta.rack} distinct_property 1": 3 });
  assert.deepEqual({ ...outcome.blocked?.ClassEligibility }, { "class-r1": true, "class-r2": true });
});

test("as many may have the same value as the constraint allows", () => {
  const TaskGroups = [group({ Count: 9 })];
  const { outcome } = turn(cluster({ nodes: racks, jobs: [aJob({ Constraints: [perRack("2")], TaskGroups })] }));
  assert.deepEqual(nodesOf(placedBy(outcome)).filter((id) => id === "n3").length, 2);
  assert.equal(placedBy(outcome).length, 4);
});

test("a job counts all of its groups, a group itself alone", () => {
  const two = (Constraints: object[]) => [group({ Count: 2, Constraints }), group({ Name: "b", Count: 2 })];
  const ofJob = turn(cluster({ nodes: racks, jobs: [aJob({ Constraints: [perRack()], TaskGroups: two([]) })] }));
  assert.deepEqual([nodesOf(placedBy(ofJob.outcome)).length, nodesOf(placedBy(ofJob.outcome), "b").length], [2, 0]);
  const ofGroup = turn(cluster({ nodes: racks, jobs: [aJob({ TaskGroups: two([perRack()]) })] }));
  assert.deepEqual([nodesOf(placedBy(ofGroup.outcome)).length, nodesOf(placedBy(ofGroup.outcome), "b").length], [2, 2]);
});

test("the constraints of job and group hold together", () => {
  const Constraints = [perRack("2"), { LTarget: "${node.unique.id}", Operand: "distinct_property" }];
  const jobs = [aJob({ Constraints, TaskGroups: [group({ Count: 9, Constraints: [perRack("1")] })] })];
  const { outcome } = turn(cluster({ nodes: racks, jobs }));
  assert.equal(placedBy(outcome).length, 2);
  assert.equal(outcome.blocked?.EscapedComputedClass, true);
});

test("a node without the property gets nothing", () => {
  const { outcome } = turn(cluster({ nodes: [inRack("n1")], jobs: [aJob({ Constraints: [perRack("5")] })] }));
  assert.deepEqual({ ...outcome.unplaced.get("grp")?.ConstraintFiltered }, { "${meta.rack} distinct_property 5": 1 });
});

test("a limit that cannot be read lets nothing run", () => {
  const { outcome } = turn(cluster({ nodes: racks, jobs: [aJob({ Constraints: [perRack("some")] })] }));
  assert.equal(placedBy(outcome).length, 0);
});

test("what runs counts, but not what ended or belongs to others", () => {
  const job = aJob({ Constraints: [perRack()], TaskGroups: [group({ Count: 2 })] });
  const others = [
    anAllocation("ended", job, "n3", { Name: "web.grp[5]", ClientStatus: "failed" }),
    anAllocation("stopped", job, "n3", { Name: "web.grp[6]", DesiredStatus: "stop" }),
    anAllocation("foreign", aJob({ ID: "api", Name: "api" }), "n3"),
    anAllocation("elsewhere", aJob({ Namespace: "other" }), "n3"),
  ];
  const allocations = [anAllocation("a1", job, "n1"), ...others];
  const { outcome } = turn(cluster({ nodes: racks, jobs: [job], allocations }));
  assert.deepEqual(nodesOf(placedBy(outcome)), ["n3"]);
});

test("what the plan stops makes room for what comes in its place", () => {
  const older = aJob({ Constraints: [perRack()], JobModifyIndex: 9 });
  const job = aJob({ Constraints: [perRack()], TaskGroups: [group({ Tasks: [{ ...oneTask, User: "other" }] })] });
  const view = cluster({ nodes: [inRack("n1", "r1")], jobs: [job], allocations: [anAllocation("a1", older, "n1")] });
  const { outcome } = turn(view);
  assert.deepEqual([stoppedBy(outcome).map(({ ID }) => ID), placedBy(outcome).length], [["a1"], 1]);
});

test("an update in place does not stand in its own way", () => {
  const older = aJob({ Constraints: [perRack()], Priority: 40, JobModifyIndex: 9 });
  const job = aJob({ Constraints: [perRack()] });
  const view = cluster({ nodes: [inRack("n1", "r1")], jobs: [job], allocations: [anAllocation("a1", older, "n1")] });
  const { outcome } = turn(view);
  assert.deepEqual([stoppedBy(outcome), placedBy(outcome).map(({ ID }) => ID)], [[], ["a1"]]);
});

test("a system job runs on as many nodes of one value as it allows, and waits for no more", () => {
  const job = aJob({ Type: "system", Constraints: [perRack()] });
  const { outcome } = turn(cluster({ nodes: racks, jobs: [job] }), need({ Type: "system" }));
  const placed = nodesOf(placedBy(outcome));
  assert.deepEqual([placed.length, placed.at(-1), outcome.blocked], [2, "n3", undefined]);
});

const node = fc.record({
  rack: fc.constantFrom("r1", "r2", "r3", undefined),
  Drain: fc.constantFrom(false, false, true),
});
const limits = fc.constantFrom([], [perRack()], [perRack("2")], [perRack("3")]);
const groups = fc.array(
  fc.record({ Count: fc.integer({ min: 0, max: 6 }), Constraints: limits, User: fc.constantFrom("", "a") }),
  { minLength: 1, maxLength: 3 },
);
const story = fc.record({
  Type: fc.constantFrom("service", "batch", "system"),
  nodes: fc.array(fc.tuple(node, node), { maxLength: 8 }),
  versions: fc.array(
    fc.record({ Constraints: limits, groups, Update: fc.constantFrom(null, { Stagger: 1, MaxParallel: 2 }) }),
    {
      minLength: 2,
      maxLength: 3,
    },
  ),
  seed: fc.string(),
});

type Version = (typeof story extends fc.Arbitrary<infer Told> ? Told : never)["versions"][number];

function versionOf(Type: string, { Constraints, groups, Update }: Version, at: number): Job {
  const TaskGroups = groups.map(({ User, Count, ...fields }, place) =>
    group({
      ...fields,
      Name: `g${place}`,
      Count: Type === "system" ? 1 : Count,
      Tasks: [{ ...oneTask, User, Resources: { CPU: 20, MemoryMB: 20, DiskMB: 10 } }],
    }),
  );
  return aJob({ Type, Constraints, Update, TaskGroups, JobModifyIndex: 10 + at });
}

/** How many allocations run with each value, for each scope that has a limit. */
function uses(view: StateView, job: Job): Map<string, { count: number; allowed: number }> {
  const running = [...view.allocations.all()].filter((one) => !isTerminalAllocation(one));
  const scopes = [
    { of: running, name: "job", Constraints: job.Constraints },
    ...job.TaskGroups.map(({ Name, Constraints }) => ({
      of: running.filter(({ TaskGroup }) => TaskGroup === Name),
      name: Name,
      Constraints,
    })),
  ];
  const rackOf = ({ NodeID }: Allocation) => view.nodes.get(NodeID)?.Meta.rack;
  return new Map(
    scopes.flatMap(({ of, name, Constraints }) =>
      Constraints.flatMap(({ RTarget }) =>
        [...Map.groupBy(of, rackOf)].map(([rack, there]) => {
          return [`${name} ${rack}`, { count: there.length, allowed: allowedCount(RTarget) ?? 0 }] as const;
        }),
      ),
    ),
  );
}

test("no version of a job in any cluster brings more to one value than is allowed", () => {
  fc.assert(
    fc.property(story, ({ Type, nodes, versions, seed }) => {
      const nodeAt = ({ rack, Drain }: { rack: string | undefined; Drain: boolean }, at: number): Node =>
        inRack(`n${at}`, rack, { Drain });
      let view = cluster({ nodes: nodes.map(([first], at) => nodeAt(first, at)) });
      for (const [at, version] of versions.entries()) {
        const job = versionOf(Type, version, at);
        const after = at === 0 ? [] : nodes.map(([, second], place) => nodeAt(second, place));
        view = changed(view, { jobs: [job], nodes: after });
        const before = uses(view, job);
        view = turn(view, need({ Type }), `${seed}${at}`).view;
        for (const [value, { count, allowed }] of uses(view, job)) {
          const there = before.get(value)?.count ?? 0;
          assert.ok(count <= Math.max(allowed, there), `${value}: ${count} of ${allowed}, ${there} before`);
        }
      }
    }),
    { numRuns: 150 },
  );
});
