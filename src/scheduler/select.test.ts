import assert from "node:assert";
import { test } from "node:test";
import { SeededRandom } from "../base/index.ts";
import type { Node } from "../model/index.ts";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, turn } from "./harness.ts";
import { NodeRing } from "./node-ring.ts";

const nodesNamed = (count: number, fields: object = {}) =>
  Array.from({ length: count }, (_, at) => machine(`n${at}`, fields));
const never = (name: string) => ({ LTarget: `\${attr.${name}}`, Operand: "=", RTarget: "1" });
const reasonFor = (job: object, node: object = {}) => {
  const { outcome } = turn(cluster({ nodes: [machine("n1", node)], jobs: [aJob(job)] }));
  const metric = outcome.unplaced.get("grp");
  return [...Object.keys(metric?.ConstraintFiltered ?? {}), ...Object.keys(metric?.DimensionExhausted ?? {})];
};

test("a node is judged by the job, the drivers, the group, the task, what runs beside, and last by its room", () => {
  const big = { ...oneTask, Driver: "rkt", Constraints: [never("task")], Resources: { CPU: 9000, MemoryMB: 9000 } };
  const hard = (fields: object = {}) => ({
    Constraints: [never("job")],
    TaskGroups: [
      group({ Constraints: [never("group"), { Operand: "distinct_property", LTarget: "${meta.rack}" }], Tasks: [big] }),
    ],
    ...fields,
  });
  const attributes = (...names: readonly string[]) => ({
    Attributes: Object.fromEntries(names.map((name) => [name, "1"])),
  });
  assert.deepEqual(reasonFor(hard()), ["${attr.job} = 1"]);
  assert.deepEqual(reasonFor(hard(), attributes("job")), ["missing drivers"]);
  assert.deepEqual(reasonFor(hard(), attributes("job", "driver.rkt")), ["${attr.group} = 1"]);
  assert.deepEqual(reasonFor(hard(), attributes("job", "driver.rkt", "group")), ["${attr.task} = 1"]);
  const passed = attributes("job", "driver.rkt", "group", "task");
  assert.deepEqual(reasonFor(hard(), passed), ["${meta.rack} distinct_property 1"]);
  assert.deepEqual(reasonFor(hard(), { ...passed, Meta: { rack: "r1" } }), ["cpu exhausted"]);
});

test("ports and bandwidth run out before processor, memory, disk and operations", () => {
  const asking = (resources: object) => ({ TaskGroups: [group({ Tasks: [{ ...oneTask, Resources: resources }] })] });
  const all = { CPU: 9000, MemoryMB: 9000, DiskMB: 90_000, IOPS: 9000, Networks: [{ MBits: 9000 }] };
  assert.deepEqual(reasonFor(asking(all)), ["network: bandwidth exceeded"]);
  assert.deepEqual(reasonFor(asking({ ...all, Networks: [] })), ["cpu exhausted"]);
  assert.deepEqual(reasonFor(asking({ ...all, Networks: [], CPU: 100 })), ["memory exhausted"]);
  assert.deepEqual(reasonFor(asking({ ...all, Networks: [], CPU: 100, MemoryMB: 100 })), ["disk exhausted"]);
  const onlyIops = { ...all, Networks: [], CPU: 100, MemoryMB: 100, DiskMB: 10 };
  assert.deepEqual(reasonFor(asking(onlyIops)), ["iops exhausted"]);
});

test("only nodes with room count among those that are compared", () => {
  const good = [machine("good-1"), machine("good-2"), machine("good-3")];
  const full = nodesNamed(10, { Resources: { CPU: 150, MemoryMB: 150 } });
  const wrong = Array.from({ length: 10 }, (_, at) => machine(`w${at}`, { ComputedClass: "w", Attributes: {} }));
  const view = cluster({ nodes: [...good, ...full, ...wrong], jobs: [aJob({ Type: "batch" })] });
  for (const seed of ["a", "b", "c", "d"]) {
    const metrics = placedBy(turn(view, need({ Type: "batch" }), seed).outcome)[0]?.Metrics;
    assert.ok(metrics);
    assert.equal(Object.keys(metrics.Scores).length, 2);
    assert.equal(metrics.NodesEvaluated, 2 + metrics.NodesFiltered + metrics.NodesExhausted);
  }
});

test("at least two nodes are compared, and no more than there are", () => {
  for (const [count, compared] of [
    [1, 1],
    [2, 2],
    [3, 2],
    [5, 3],
  ] as const) {
    const { outcome } = turn(cluster({ nodes: nodesNamed(count), jobs: [aJob()] }));
    assert.equal(Object.keys(placedBy(outcome)[0]?.Metrics?.Scores ?? {}).length, compared);
  }
});

test("a search goes on where the last one stopped, so that every node has its turn", () => {
  const jobs = [aJob({ Type: "batch", TaskGroups: [group({ Count: 5 })] })];
  const { outcome } = turn(cluster({ nodes: nodesNamed(10), jobs }), need({ Type: "batch" }));
  const compared = placedBy(outcome).flatMap(({ Metrics }) => Object.keys(Metrics?.Scores ?? {}));
  assert.equal(new Set(compared).size, 10);
  assert.equal(new Set(placedBy(outcome).map(({ NodeID }) => NodeID)).size, 5);
});

test("a ring yields each node once a turn, and begins the next turn where the last was left", () => {
  const ring = new NodeRing(nodesNamed(4), new SeededRandom("ring"), (node) => node);
  const taken: Node[] = [];
  for (const node of ring.turn()) {
    taken.push(node);
    if (taken.length === 3) break;
  }
  assert.equal(new Set(taken).size, 3);
  const next = [...ring.turn()];
  assert.equal(new Set(next).size, 4);
  assert.deepEqual(next.slice(1), taken);
});

test("any order of nodes comes up, each as often as another", () => {
  const random = new SeededRandom("orders");
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 3000; draw++) {
    const order = [...new NodeRing(nodesNamed(3), random, (node) => node).turn()].map(({ ID }) => ID).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert.ok(count > 400 && count < 600, `${order} came ${count} times`);
});

test("of nodes that are equally good the one that was found first is taken", () => {
  const view = cluster({ nodes: nodesNamed(8), jobs: [aJob()] });
  for (const seed of ["a", "b", "c"]) {
    const [placed] = placedBy(turn(view, need(), seed).outcome);
    const compared = placed?.Metrics?.ScoreMetaData ?? [];
    assert.deepEqual(new Set(compared.map(({ NormScore }) => NormScore)).size, 1);
    assert.equal(placed?.NodeID, compared[0]?.NodeID);
  }
});

test("each allocation of the job on a node takes ten points off for a service, five for a batch job", () => {
  for (const [Type, penalty] of [
    ["service", 10],
    ["batch", 5],
  ] as const) {
    const job = aJob({ Type, TaskGroups: [group({ Count: 3 })] });
    const allocations = [0, 1].map((at) => anAllocation(`a${at}`, job, "n1", { Name: `web.grp[${at}]` }));
    const view = cluster({ nodes: [machine("n1"), machine("n2")], jobs: [job], allocations });
    const { Scores } = placedBy(turn(view, need({ Type })).outcome)[0]?.Metrics ?? {};
    assert.deepEqual([Scores?.["n1.job-anti-affinity"], Scores?.["n2.job-anti-affinity"]], [-2 * penalty, undefined]);
  }
});

test("what is over on a node, or leaves it, holds neither room nor points there", () => {
  const job = aJob({ TaskGroups: [group({ Count: 2 })] });
  const over = [
    { DesiredStatus: "stop" },
    { DesiredStatus: "evict" },
    { ClientStatus: "complete" },
    { ClientStatus: "failed" },
    { ClientStatus: "lost" },
  ];
  const allocations = over.map((fields, at) =>
    anAllocation(`a${at}`, job, "n1", { Name: `web.old[${at}]`, ...fields }),
  );
  const small = machine("n1", { Resources: { CPU: 200, MemoryMB: 200, DiskMB: 10 } });
  const { outcome } = turn(cluster({ nodes: [small], jobs: [job], allocations }));
  assert.equal(placedBy(outcome).length, 1);
  assert.equal(placedBy(outcome)[0]?.Metrics?.Scores["n1.job-anti-affinity"], undefined);
});
