import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import type { Affinity, Allocation, Node } from "../../model/index.ts";
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
import { Occupancy } from "../occupancy.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { spreadGoal } from "./spread-goal.ts";

const small = { ...oneTask, Resources: { CPU: 20, MemoryMB: 20, DiskMB: 10 } };
const rack = "${meta.rack}";

/** A node of a rack with much room. */
const inRack = (ID: string, value: string, fields: object = {}) =>
  machine(ID, { Meta: { rack: value }, Resources: { CPU: 10_000, MemoryMB: 10_000, DiskMB: 100_000 }, ...fields });

const affinity = (RTarget: string, fields: object = {}) => ({ LTarget: rack, Operand: "=", RTarget, ...fields });
const targets = (percents: Readonly<Record<string, number>>) =>
  Object.entries(percents).map(([Value, Percent]) => ({ Value, Percent }));

/** How many of the allocations are on the nodes of each rack. */
function byRack(allocations: readonly Allocation[], nodes: readonly Node[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { NodeID } of allocations) {
    const value = nodes.find(({ ID }) => ID === NodeID)?.Meta.rack ?? "none";
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}

function placed(nodes: readonly Node[], job: object): readonly Allocation[] {
  return placedBy(turn(cluster({ nodes, jobs: [aJob(job)] })).outcome);
}

test("a group goes to the nodes it has an affinity for, all of it, as long as they have room", () => {
  const nodes = ["a", "b", "b", "c", "c", "c"].map((value, at) => inRack(`n${at}`, value));
  for (const wish of [{ Affinities: [affinity("a")] }, { Affinities: [affinity("a", { Weight: 1 })] }]) {
    const ofJob = { ...wish, TaskGroups: [group({ Count: 6, Tasks: [small] })] };
    const ofGroup = { TaskGroups: [group({ Count: 6, Tasks: [small], ...wish })] };
    const ofTask = { TaskGroups: [group({ Count: 6, Tasks: [{ ...small, ...wish }] })] };
    for (const job of [ofJob, ofGroup, ofTask]) assert.deepEqual(byRack(placed(nodes, job), nodes), { a: 6 });
  }
});

test("an affinity is a wish: without such nodes, or without room on them, others are taken", () => {
  const nodes = [inRack("n1", "a", { Resources: { CPU: 200, MemoryMB: 200, DiskMB: 100 } }), inRack("n2", "b")];
  const job = { Affinities: [affinity("a")], TaskGroups: [group({ Count: 6, Tasks: [small] })] };
  assert.deepEqual(byRack(placed(nodes, job), nodes), { a: 5, b: 1 });
  assert.deepEqual(byRack(placed([nodes[1] as Node], job), nodes), { b: 6 });
});

test("a negative weight keeps a group away", () => {
  const nodes = [inRack("n1", "a"), inRack("n2", "b")];
  const job = { Affinities: [affinity("a", { Weight: -50 })], TaskGroups: [group({ Count: 4, Tasks: [small] })] };
  assert.deepEqual(byRack(placed(nodes, job), nodes), { b: 4 });
});

test("many nodes are compared for a group that wishes something, so that the one it wishes for is found", () => {
  const nodes = Array.from({ length: 90 }, (_, at) => inRack(`n${at}`, at === 89 ? "a" : "b"));
  assert.deepEqual(byRack(placed(nodes, { Affinities: [affinity("a")] }), nodes), { a: 1 });
});

test("metrics tell what each wish made of a node, to programs of both generations", () => {
  const nodes = [inRack("n1", "a"), inRack("n2", "b")];
  const Affinities = [affinity("a", { Weight: 75 }), affinity("b", { Weight: 25 })];
  const Spreads = [{ Attribute: rack, SpreadTarget: targets({ a: 100 }) }];
  const metrics = placed(nodes, { Affinities, Spreads })[0]?.Metrics;
  const parts = metrics?.ScoreMetaData.map(({ NodeID, Scores }) => [NodeID, { ...Scores }]);
  const binpack = metrics?.ScoreMetaData[0]?.Scores.binpack ?? 0;
  assert.deepEqual(parts, [
    ["n1", { binpack, "node-affinity": 0.75, "allocation-spread": 0 }],
    ["n2", { binpack, "node-affinity": 0.25, "allocation-spread": -1 }],
  ]);
  assert.deepEqual(
    metrics?.ScoreMetaData.map(({ NormScore }) => NormScore),
    [binpack + 0.75, binpack + 0.25 - 1],
  );
  const score = Number((binpack * 18).toPrecision(15));
  assert.deepEqual(
    { ...metrics?.Scores },
    {
      "n1.binpack": score,
      "n1.node-affinity": 13.5,
      "n1.allocation-spread": 0,
      "n2.binpack": score,
      "n2.node-affinity": 4.5,
      "n2.allocation-spread": -18,
    },
  );
});

test("allocations of a group with an affinity that share a node say so by the share of the group", () => {
  const nodes = [inRack("n1", "a")];
  const job = { Affinities: [affinity("a")], TaskGroups: [group({ Count: 4, Tasks: [small] })] };
  assert.deepEqual(
    placed(nodes, job).map(({ Metrics }) => Metrics?.ScoreMetaData[0]?.Scores["job-anti-affinity"]),
    [undefined, -2 / 4, -3 / 4, -4 / 4],
  );
});

test("a group without wishes is ranked without them, whatever other groups of the job wish", () => {
  const nodes = Array.from({ length: 30 }, (_, at) => inRack(`n${at}`, "a"));
  const TaskGroups = [group(), group({ Name: "picky", Spreads: [{ Attribute: rack }] })];
  const [plain, picky] = placed(nodes, { TaskGroups });
  assert.deepEqual([plain?.Metrics?.NodesEvaluated, picky?.Metrics?.NodesEvaluated], [5, 30]);
  const scorers = ({ Metrics }: Allocation) =>
    new Set(Object.keys(Metrics?.Scores ?? {}).map((key) => key.split(".").at(-1)));
  assert.deepEqual(plain && scorers(plain), new Set(["binpack"]));
});

test("what runs stays where it is while wishes stay, and is placed anew when they change", () => {
  const nodes = [inRack("n1", "a"), inRack("n2", "b")];
  const before = aJob({ Affinities: [affinity("a")] });
  const view = cluster({ nodes, jobs: [before], allocations: [anAllocation("a1", before, "n1")] });
  const updated = (fields: object) =>
    turn(changed(view, { jobs: [aJob({ JobModifyIndex: 11, ...fields })] }), need()).outcome;
  const same = updated({ Affinities: [affinity("a")], Meta: { owner: "me" } });
  assert.deepEqual([placedBy(same).map(({ ID }) => ID), stoppedBy(same)], [["a1"], []]);
  for (const fields of [{ Affinities: [affinity("b")] }, { Spreads: [{ Attribute: rack }] }, {}]) {
    const outcome = updated(fields);
    assert.deepEqual(
      stoppedBy(outcome).map(({ ID }) => ID),
      ["a1"],
    );
    assert.equal(placedBy(outcome).length, 1);
  }
  assert.deepEqual(byRack(placedBy(updated({ Affinities: [affinity("b")] })), nodes), { b: 1 });
});

const racks = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 })
  .map((sizes) =>
    sizes.flatMap((size, at) => Array.from({ length: size }, (_, of) => inRack(`n${at}-${of}`, `r${at}`))),
  );

test("without targets no value of an attribute has two allocations more than another", () => {
  fc.assert(
    fc.property(racks, fc.integer({ min: 0, max: 25 }), fc.string(), (nodes, Count, seed) => {
      const jobs = [aJob({ Spreads: [{ Attribute: rack }], TaskGroups: [group({ Count, Tasks: [small] })] })];
      const { outcome } = turn(cluster({ nodes, jobs }), need(), seed);
      const counts = byRack(placedBy(outcome), nodes);
      const all = [...new Set(nodes.map(({ Meta }) => Meta.rack ?? ""))].map((value) => counts[value] ?? 0);
      assert.equal(
        all.reduce((sum, count) => sum + count, 0),
        Count,
      );
      assert.ok(Math.max(...all) - Math.min(...all) <= 1, JSON.stringify(counts));
    }),
    { numRuns: 60 },
  );
});

test("targets are met exactly where the numbers allow it, whatever ran before of other jobs", () => {
  const percents = fc.constantFrom<Readonly<Record<string, number>>[]>(
    { r0: 50, r1: 30, r2: 20 },
    { r0: 70, r1: 30 },
    { r0: 10 },
    { r0: 90, r2: 10 },
  );
  const crowd = fc.array(fc.constantFrom("n0", "n1", "n2", "n3"), { maxLength: 20 });
  fc.assert(
    fc.property(percents, crowd, fc.constantFrom(10, 20), fc.string(), (wanted, others, Count, seed) => {
      const nodes = ["r0", "r1", "r2", "r3"].map((value, at) => inRack(`n${at}`, value));
      const other = aJob({ ID: "other" });
      const allocations = others.map((nodeID, at) => anAllocation(`o${at}`, other, nodeID, { Name: `o[${at}]` }));
      const Spreads = [{ Attribute: rack, SpreadTarget: targets(wanted) }];
      const jobs = [other, aJob({ Spreads, TaskGroups: [group({ Count, Tasks: [small] })] })];
      const counts = byRack(placedBy(turn(cluster({ nodes, jobs, allocations }), need(), seed).outcome), nodes);
      let rest = Count;
      for (const [value, percent] of Object.entries(wanted)) {
        assert.equal(counts[value] ?? 0, (Count * percent) / 100);
        rest -= counts[value] ?? 0;
      }
      const elsewhere = Object.entries(counts).filter(([value]) => !Object.hasOwn(wanted, value));
      assert.equal(
        elsewhere.reduce((sum, [, count]) => sum + count, 0),
        rest,
      );
    }),
    { numRuns: 60 },
  );
});

test("a spread is a wish: where a value has no room the others take its share", () => {
  const nodes = [inRack("n1", "a", { Resources: { CPU: 160, MemoryMB: 160, DiskMB: 100 } }), inRack("n2", "b")];
  const job = { Spreads: [{ Attribute: rack }], TaskGroups: [group({ Count: 10, Tasks: [small] })] };
  assert.deepEqual(byRack(placed(nodes, job), nodes), { a: 3, b: 7 });
});

test("allocations of a group that stay count for its spread, those that go do not", () => {
  const nodes = [inRack("n1", "a"), inRack("n2", "b"), inRack("n3", "c", { Drain: true })];
  const job = aJob({ Spreads: [{ Attribute: rack }], TaskGroups: [group({ Count: 4, Tasks: [small] })] });
  const there = ["n1", "n1", "n3"].map((nodeID, at) => anAllocation(`a${at}`, job, nodeID, { Name: `web.grp[${at}]` }));
  const { outcome } = turn(cluster({ nodes, jobs: [job], allocations: there }));
  assert.deepEqual(byRack(placedBy(outcome), nodes), { b: 2 });
});

test("the nodes that a group may not run on are not waited for by its spread", () => {
  const nodes = [inRack("n1", "a"), inRack("n2", "b"), inRack("n3", "c", { ComputedClass: "bare", Attributes: {} })];
  const [first] = placed(nodes, { Spreads: [{ Attribute: rack }], TaskGroups: [group({ Tasks: [small] })] });
  assert.deepEqual(
    first?.Metrics?.ScoreMetaData.map(({ Scores }) => Scores["allocation-spread"]),
    [0, 0],
  );
});

test("weights that older servers let through do no harm", () => {
  const nodes = [inRack("n1", "a"), inRack("n2", "b")];
  const Affinities = [affinity("a", { Weight: 0 })];
  const Spreads = [
    { Attribute: rack, Weight: 0 },
    { Attribute: rack, Weight: -7, SpreadTarget: targets({ a: -1 }) },
  ];
  const metrics = placed(nodes, { Affinities, Spreads })[0]?.Metrics;
  assert.ok(Object.values(metrics?.Scores ?? {}).every(Number.isFinite));
  const share = spreadGoal({ Attribute: rack, Weight: 1, SpreadTarget: targets({ a: -5, b: 300 }) }, nodes).pulls([]);
  assert.deepEqual(nodes.map(share), [-1, 0]);
});

const weights = fc.integer({ min: -100, max: 100 }).filter((weight) => weight !== 0);
const affinities = fc.array(
  fc.record({
    LTarget: fc.constant(rack),
    Operand: fc.constantFrom("=", "!="),
    RTarget: fc.constantFrom("a", "b", "c"),
    Weight: weights,
  }),
  { minLength: 1, maxLength: 5 },
);
const nothing = { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };
const empty = new Occupancy({ taken: nothing, siblings: [], all: () => [] });
const scoreOf = (wishes: readonly Affinity[], value: string) => {
  const option = { node: inRack("n", value), proposed: empty, taskResources: {}, score: 0 };
  return (nodeAffinity(wishes).score(option) ?? 0) / 18;
};

test("what affinities make of a node is between -1 and 1, and only the proportions of weights matter", () => {
  fc.assert(
    fc.property(affinities, fc.constantFrom("a", "b", "c", "d"), (wishes, value) => {
      const score = scoreOf(wishes, value);
      assert.ok(score >= -1 && score <= 1);
      const scaled = (by: number) => wishes.map((one) => ({ ...one, Weight: one.Weight * by }));
      assert.ok(Math.abs(scoreOf(scaled(3), value) - score) < 1e-9);
      assert.ok(Math.abs(scoreOf(scaled(-1), value) + score) < 1e-9);
    }),
  );
});

test("a node that meets one wish more is never the worse for it", () => {
  fc.assert(
    fc.property(affinities, fc.integer({ min: 1, max: 100 }), (wishes, Weight) => {
      const more = [...wishes, { LTarget: rack, Operand: "=", RTarget: "a", Weight }];
      const before = scoreOf(wishes, "a") - scoreOf(wishes, "d");
      const after = scoreOf(more, "a") - scoreOf(more, "d");
      if (before <= 0) assert.ok(after > before);
      else assert.ok(after > 0);
    }),
  );
});
