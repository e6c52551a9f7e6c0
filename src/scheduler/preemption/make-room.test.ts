import assert from "node:assert";
import { test } from "node:test";
import { type Allocation, defaultSchedulerConfiguration, type Job, usageOfAll } from "../../model/index.ts";
import { aJob, anAllocation, group, machine, oneTask, seeded } from "../harness.ts";
import { Occupancy } from "../occupancy.ts";
import { pack, packerFor } from "../ranking/bin-pack.ts";
import { makeRoom } from "./make-room.ts";

/** A node that offers 900 MHz, 900 MB, 9000 MB of disk and 1000 MBits. */
const node = machine("n1", {
  Resources: {
    CPU: 1000,
    MemoryMB: 1000,
    DiskMB: 9000,
    IOPS: 100,
    Networks: [{ Device: "eth0", CIDR: "10.0.0.1/32", MBits: 1000 }],
  },
});

const asks = (Resources: object) => [group({ Tasks: [{ ...oneTask, Resources }] })];

/** A job of priority 70 that asks for so much, once. */
const asking = (Resources: object, fields: object = {}) =>
  aJob({ ID: "vip", Priority: 70, TaskGroups: asks(Resources), ...fields });

function running(ID: string, Priority: number, Resources: object, fields: object = {}): Allocation {
  const of = aJob({ ID: `job-${ID}`, Name: `job-${ID}`, Priority, ...fields });
  return anAllocation(ID, of, "n1", { TaskResources: { main: Resources } });
}

const alike = (stopped: readonly Allocation[]) => (one: Allocation) =>
  stopped.filter(({ JobID, TaskGroup }) => JobID === one.JobID && TaskGroup === one.TaskGroup).length;

function roomFor(job: Job, proposed: readonly Allocation[], stopped: readonly Allocation[] = []) {
  const [first] = job.TaskGroups;
  assert.ok(first);
  const packer = packerFor(defaultSchedulerConfiguration);
  const { random } = seeded();
  return makeRoom(
    { node, proposed: new Occupancy({ taken: usageOfAll(proposed), siblings: [], all: () => proposed }) },
    { job, group: first, stoppedAlike: alike(stopped), pack: (on) => pack(on, first, packer, random) },
  );
}

/** Ids in order; undefined if there is no way. */
function stoppedFor(job: Job, proposed: readonly Allocation[], stopped?: readonly Allocation[]) {
  const room = roomFor(job, proposed, stopped);
  return room.fits ? room.preempted.map(({ ID }) => ID).sort() : undefined;
}

const cpu = (CPU: number) => ({ CPU, MemoryMB: 10 });

test("the least important goes first, however well another would do", () => {
  const there = [running("apt", 40, cpu(500)), running("least", 10, cpu(400))];
  assert.deepEqual(stoppedFor(asking(cpu(400)), there), ["least"]);
});

test("of equally important ones, one that is enough goes before several that are not, and of those the closest", () => {
  const there = [
    running("less", 20, cpu(190)),
    running("more", 20, cpu(400)),
    running("enough", 20, cpu(210)),
    running("least", 20, cpu(100)),
  ];
  assert.deepEqual(stoppedFor(asking(cpu(200)), there), ["enough"]);
});

test("all resources count for what is closest", () => {
  const there = [
    running("cpu", 20, { CPU: 450, MemoryMB: 10, DiskMB: 10 }),
    running("memory", 20, { CPU: 200, MemoryMB: 600, DiskMB: 10 }),
    running("disk", 20, { CPU: 200, MemoryMB: 100, DiskMB: 8900 }),
  ];
  assert.deepEqual(stoppedFor(asking({ CPU: 100, MemoryMB: 500 }), there), ["memory"]);
  assert.deepEqual(stoppedFor(asking({ CPU: 10, MemoryMB: 10, DiskMB: 800 }), there), ["disk"]);
});

test("what turned out not to be needed stays", () => {
  const there = [
    running("a", 20, cpu(100)),
    running("b", 20, cpu(200)),
    running("c", 40, cpu(300)),
    running("d", 40, cpu(300)),
  ];
  assert.deepEqual(stoppedFor(asking(cpu(500)), there), ["b", "c"]);
});

test("nothing is stopped where all that may be stopped is not enough", () => {
  assert.equal(stoppedFor(asking(cpu(500)), [running("a", 20, cpu(400)), running("b", 65, cpu(500))]), undefined);
});

test("only what is less important by 10 is stopped, and never of the same job", () => {
  assert.deepEqual(stoppedFor(asking(cpu(500)), [running("a", 60, cpu(500))]), ["a"]);
  assert.equal(stoppedFor(asking(cpu(500)), [running("a", 61, cpu(500))]), undefined);
  const before = aJob({ ID: "VIP", Priority: 10 });
  const own = anAllocation("own", before, "n1", { TaskResources: { main: cpu(500) } });
  assert.equal(stoppedFor(asking(cpu(500)), [own]), undefined);
  const elsewhere = { ...own, Namespace: "other" };
  assert.deepEqual(stoppedFor(asking(cpu(500)), [elsewhere]), ["own"]);
});

test("where room is being made for something else none is made", () => {
  const leaving = { ...running("a", 20, cpu(400)), PreemptedByAllocation: "somebody" };
  assert.equal(stoppedFor(asking(cpu(500)), [leaving, running("b", 20, cpu(400))]), undefined);
});

test("groups that lose more at once than they want to are spared, if others are as important", () => {
  const careful = (ID: string) => ({
    ...running(ID, 20, cpu(250), { TaskGroups: [group({ Migrate: { MaxParallel: 1 } })] }),
    JobID: "careful",
  });
  const rolling = (ID: string) => ({
    ...running(ID, 20, cpu(250), { Type: "batch", Update: { MaxParallel: 1, Stagger: 1 } }),
    JobID: "rolling",
  });
  const other = running("other", 20, cpu(150));
  assert.deepEqual(stoppedFor(asking(cpu(750)), [careful("a"), other]), ["a"]);
  assert.deepEqual(stoppedFor(asking(cpu(600)), [careful("a"), careful("b"), other]), ["a", "other"]);
  assert.deepEqual(stoppedFor(asking(cpu(600)), [rolling("a"), rolling("b"), other]), ["a", "other"]);
  // What goes elsewhere counts too.
  assert.deepEqual(stoppedFor(asking(cpu(300)), [careful("a"), running("x", 20, cpu(600))], [careful("c")]), ["x"]);
  // But importance counts more.
  assert.deepEqual(stoppedFor(asking(cpu(600)), [careful("a"), careful("b"), running("x", 21, cpu(250))]), ["a", "b"]);
});

const network = (MBits: number, Value?: number) => ({
  ...cpu(10),
  Networks: [
    { Device: "eth0", IP: "10.0.0.1", MBits, ReservedPorts: Value === undefined ? [] : [{ Label: "p", Value }] },
  ],
});

test("who listens on a port that is asked for makes room for it, and nobody else", () => {
  const there = [running("a", 10, network(10)), running("b", 20, network(10, 80)), running("c", 20, network(10, 81))];
  assert.deepEqual(stoppedFor(asking(network(1, 80)), there), ["b"]);
  assert.equal(
    stoppedFor(asking(network(1, 80)), [running("b", 65, network(10, 80)), ...there.slice(0, 1)]),
    undefined,
  );
});

test("bandwidth is made free like other resources, by few", () => {
  const there = [running("a", 20, network(300)), running("b", 20, network(500)), running("c", 20, cpu(100))];
  assert.deepEqual(stoppedFor(asking(network(400)), there), ["b"]);
});

test("ports, bandwidth and room are made together", () => {
  const there = [running("a", 20, network(300, 80)), running("b", 20, network(700)), running("c", 20, cpu(700))];
  assert.deepEqual(stoppedFor(asking({ ...network(500, 80), CPU: 300 }), there), ["a", "b", "c"]);
});

test("the group is packed beside what stays", () => {
  const there = [running("a", 20, cpu(200)), running("b", 20, cpu(500))];
  const room = roomFor(asking(cpu(400)), there);
  assert.ok(room.fits);
  assert.deepEqual(
    room.staying.map(({ ID }) => ID),
    ["b"],
  );
  assert.equal(room.taskResources.main?.CPU, 400);
});

test("a node that has room as it is loses nothing; one on which none can be made says what it lacks", () => {
  const there = [running("a", 20, cpu(500))];
  assert.deepEqual(stoppedFor(asking(cpu(400)), there), []);
  const none = roomFor(asking(cpu(1000)), there);
  assert.deepEqual(none, {
    fits: false,
    lacks: "resources",
    dimension: "cpu exhausted",
    room: { needed: 1000, free: 400 },
  });
});
