import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, turn } from "../harness.ts";

const eth0 = { Device: "eth0", CIDR: "10.0.0.1/32", IP: "10.0.0.1", MBits: 1000 };
const total = { CPU: 1000, MemoryMB: 1000, DiskMB: 1000, IOPS: 1000, Networks: [eth0] };
const nodeKeeping = (Reserved: object, ID = "n1") => machine(ID, { Resources: total, Reserved });
const asking = (Resources: object) => [{ ...oneTask, Resources: { CPU: 1, MemoryMB: 1, DiskMB: 1, ...Resources } }];

/** Which of so many allocations find a place, and what those that do not were told. */
function placedOn(node: ReturnType<typeof machine>, tasks: readonly object[], Count: number, Type = "service") {
  const jobs = [aJob({ Type, TaskGroups: [group({ Count, Tasks: tasks })] })];
  const { outcome } = turn(cluster({ nodes: [node], jobs }), need({ Type }));
  const { DimensionExhausted } = outcome.unplaced.get("grp") ?? {};
  return { placed: placedBy(outcome), why: Object.keys(DimensionExhausted ?? {}) };
}

test("what a node keeps back of each resource is given to nobody", () => {
  for (const [name, dimension] of [
    ["CPU", "cpu exhausted"],
    ["MemoryMB", "memory exhausted"],
    ["DiskMB", "disk exhausted"],
    ["IOPS", "iops exhausted"],
  ] as const) {
    const { placed, why } = placedOn(nodeKeeping({ [name]: 399 }), asking({ [name]: 200 }), 5);
    assert.deepEqual([placed.length, why], [3, [dimension]], name);
    assert.equal(placedOn(nodeKeeping({ [name]: 400 }), asking({ [name]: 200 }), 5).placed.length, 3);
    assert.equal(placedOn(nodeKeeping({ [name]: 401 }), asking({ [name]: 200 }), 5).placed.length, 2);
  }
});

test("a system job finds a node full that keeps all it has", () => {
  const { placed, why } = placedOn(nodeKeeping({ CPU: 950 }), asking({ CPU: 100 }), 1, "system");
  assert.deepEqual([placed, why], [[], ["cpu exhausted"]]);
  assert.equal(placedOn(nodeKeeping({ CPU: 900 }), asking({ CPU: 100 }), 1, "system").placed.length, 1);
});

test("a port that the node keeps is refused to whoever asks for it, with the reason", () => {
  const Reserved = { Networks: [{ ...eth0, MBits: 0, ReservedPorts: [{ Value: 22 }, { Value: 8080 }] }] };
  const port = (Value: number) => asking({ Networks: [{ MBits: 1, ReservedPorts: [{ Label: "p", Value }] }] });
  for (const Type of ["service", "batch", "system"]) {
    const refused = placedOn(nodeKeeping(Reserved), port(8080), 1, Type);
    assert.deepEqual([refused.placed, refused.why], [[], ["network: reserved port collision"]], Type);
    assert.equal(placedOn(nodeKeeping(Reserved), port(8081), 1, Type).placed.length, 1);
  }
});

test("a dynamic port is never one that the node keeps, also when hardly another is left", () => {
  const kept = Array.from({ length: 40_001 }, (_, at) => ({ Value: 20_000 + at })).filter(
    ({ Value }) => Value !== 33_333 && Value !== 44_444,
  );
  const node = nodeKeeping({ Networks: [{ ...eth0, MBits: 0, ReservedPorts: kept }] });
  const tasks = asking({ Networks: [{ MBits: 1, DynamicPorts: [{ Label: "http" }] }] });
  const { placed, why } = placedOn(node, tasks, 3);
  const given = placed.map(({ TaskResources }) => TaskResources.main?.Networks[0]?.DynamicPorts[0]?.Value);
  assert.deepEqual(given.sort(), [33_333, 44_444]);
  assert.deepEqual(why, ["network: dynamic port selection failed"]);
});

test("bandwidth is given until the device has no more", () => {
  const tasks = asking({ Networks: [{ MBits: 400 }] });
  const { placed, why } = placedOn(nodeKeeping({}), tasks, 3);
  assert.deepEqual([placed.length, why], [2, ["network: bandwidth exceeded"]]);
  const keeping = nodeKeeping({ Networks: [{ ...eth0, MBits: 300 }] });
  assert.equal(placedOn(keeping, tasks, 3).placed.length, 1);
});

test("what cannot be had on any node says so in its own words", () => {
  const out = asking({ Networks: [{ MBits: 1, ReservedPorts: [{ Label: "p", Value: 70_000 }] }] });
  assert.deepEqual(placedOn(nodeKeeping({}), out, 1).why, ["network: invalid port 70000 (out of range)"]);
  const bare = machine("n1", { Resources: { ...total, Networks: [] } });
  assert.deepEqual(placedOn(bare, asking({ Networks: [{ MBits: 1 }] }), 1).why, ["network: no networks available"]);
});

test("a port that a node keeps twice over is kept, and that is all", () => {
  const Reserved = { Networks: [{ ...eth0, MBits: 0, ReservedPorts: [{ Value: 22 }, { Value: 22 }] }] };
  const tasks = asking({ Networks: [{ MBits: 1, DynamicPorts: [{ Label: "http" }] }] });
  assert.equal(placedOn(nodeKeeping(Reserved), tasks, 1).placed.length, 1);
});

test("a node that gives away more bandwidth or ports than it has, since it changed, gives no more", () => {
  const job = aJob({ TaskGroups: [group({ Count: 2, Tasks: asking({ Networks: [{ MBits: 1 }] }) })] });
  const holding = (fields: object) =>
    anAllocation("a1", job, "n1", {
      TaskResources: { main: { ...oneTask.Resources, Networks: [{ ...eth0, MBits: 500, ...fields }] } },
    });
  const slower = machine("n1", { Resources: { ...total, Networks: [{ ...eth0, MBits: 100 }] } });
  const keeping = nodeKeeping({ Networks: [{ ...eth0, MBits: 0, ReservedPorts: [{ Value: 80 }] }] });
  for (const [node, fields, reason] of [
    [slower, {}, "network: bandwidth exceeded"],
    [keeping, { ReservedPorts: [{ Label: "web", Value: 80 }] }, "network: reserved port collision"],
  ] as const) {
    const { outcome } = turn(cluster({ nodes: [node], jobs: [job], allocations: [holding(fields)] }));
    assert.deepEqual(placedBy(outcome), []);
    assert.deepEqual({ ...outcome.unplaced.get("grp")?.DimensionExhausted }, { [reason]: 1 });
  }
});

test("who asks for no network is placed beside those that have more than there is", () => {
  const job = aJob({ TaskGroups: [group({ Count: 2 })] });
  const TaskResources = { main: { ...oneTask.Resources, Networks: [{ ...eth0, MBits: 5000 }] } };
  const allocations = [anAllocation("a1", job, "n1", { TaskResources })];
  const { outcome } = turn(cluster({ nodes: [nodeKeeping({})], jobs: [job], allocations }));
  assert.equal(placedBy(outcome).length, 1);
});
