import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { dictionary } from "../base/index.ts";
import { allocation } from "./allocation.ts";
import { node } from "./node.ts";
import { allocationsFit, highestFitScore, resourcesFit, scoreFit, scoreRoom, usageOf } from "./resource-fit.ts";

const machine = node.parse({
  Resources: {
    CPU: 1000,
    MemoryMB: 1000,
    DiskMB: 1000,
    IOPS: 10,
    Networks: [{ Device: "eth0", CIDR: "10.0.0.1/32", MBits: 100 }],
  },
  Reserved: {
    CPU: 100,
    MemoryMB: 100,
    DiskMB: 100,
    Networks: [{ Device: "eth0", IP: "10.0.0.1", ReservedPorts: [{ Label: "ssh", Value: 22 }] }],
  },
});

function using(resources: object, fields: object = {}) {
  return allocation.parse({ TaskResources: { main: resources }, DesiredStatus: "run", ...fields });
}

test("what is used is what is reserved and what allocations were granted", () => {
  const fit = allocationsFit(machine, [using({ CPU: 300, MemoryMB: 200 }), using({ CPU: 600, DiskMB: 5 })]);
  assert.deepEqual(fit, { fits: true, used: { CPU: 1000, MemoryMB: 300, DiskMB: 105, IOPS: 0 } });
});

test("the first dimension that runs out is named", () => {
  const cases: [object, string][] = [
    [{ CPU: 901, MemoryMB: 2000 }, "cpu exhausted"],
    [{ CPU: 900, MemoryMB: 901 }, "memory exhausted"],
    [{ DiskMB: 901 }, "disk exhausted"],
    [{ IOPS: 11 }, "iops exhausted"],
    [
      { Networks: [{ Device: "eth0", IP: "10.0.0.1", ReservedPorts: [{ Label: "a", Value: 22 }] }] },
      "reserved port collision",
    ],
    [
      { Networks: [{ Device: "eth0", IP: "10.0.0.1", ReservedPorts: [{ Label: "a", Value: 70_000 }] }] },
      "reserved port collision",
    ],
    [{ Networks: [{ Device: "eth0", IP: "10.0.0.1", MBits: 101 }] }, "bandwidth exceeded"],
  ];
  for (const [resources, dimension] of cases) {
    assert.partialDeepStrictEqual(allocationsFit(machine, [using(resources)]), { fits: false, dimension });
  }
});

test("two allocations with one port on one address collide, on two addresses they do not", () => {
  const on = (IP: string) =>
    using({ Networks: [{ Device: "eth0", IP, DynamicPorts: [{ Label: "a", Value: 20_000 }] }] });
  assert.equal(allocationsFit(machine, [on("10.0.0.1"), on("10.0.0.1")]).fits, false);
  assert.equal(allocationsFit(machine, [on("10.0.0.1"), on("10.0.0.2")]).fits, true);
});

test("allocations that are over take no room, neither of memory nor of ports", () => {
  const all = {
    CPU: 900,
    Networks: [{ Device: "eth0", IP: "10.0.0.1", MBits: 100, DynamicPorts: [{ Label: "a", Value: 20_000 }] }],
  };
  const over = [using(all, { DesiredStatus: "stop" }), using(all, { ClientStatus: "complete" })];
  assert.equal(allocationsFit(machine, [...over, using(all)]).fits, true);
});

test("an allocation's sum counts if it is filled in, else the sum of its tasks", () => {
  const tasks = { a: { CPU: 1 }, b: { CPU: 2 } };
  assert.equal(usageOf(allocation.parse({ TaskResources: tasks })).CPU, 3);
  assert.equal(usageOf(allocation.parse({ TaskResources: tasks, Resources: { CPU: 10 } })).CPU, 10);
});

test("scores are those that peers compute, to the last digit", () => {
  const recorded = node.parse({ Resources: { CPU: 5198, MemoryMB: 24105 } });
  const scores = [
    0.09965995106292524, 0.19852878763536808, 0.2966133869161425, 0.39392056555996646, 0.4904570802113817,
  ];
  for (const [at, score] of scores.entries()) {
    const used = { CPU: 20 * (at + 1), MemoryMB: 12 * (at + 1), DiskMB: 0, IOPS: 0 };
    assert.equal(scoreFit(recorded, used), score);
  }
  assert.equal(
    scoreFit(recorded, { CPU: 100, MemoryMB: 40, DiskMB: 0, IOPS: 0 }).toPrecision(16),
    "0.4714434800813407",
  );
});

test("an empty node scores 0, a full or overfull one 18", () => {
  const bare = node.parse({ Resources: { CPU: 1000, MemoryMB: 1000 } });
  assert.equal(scoreFit(bare, { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 }), 0);
  assert.equal(scoreFit(bare, { CPU: 1000, MemoryMB: 1000, DiskMB: 0, IOPS: 0 }), 18);
  assert.equal(scoreFit(bare, { CPU: 2000, MemoryMB: 2000, DiskMB: 0, IOPS: 0 }), 18);
});

test("a node that says nothing about itself fits nothing and still has a score", () => {
  const silent = node.parse({});
  assert.deepEqual(resourcesFit(silent, []), { fits: true, used: { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 } });
  assert.equal(resourcesFit(silent, [using({ CPU: 1 })]).fits, false);
  assert.equal(scoreFit(silent, { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 }), 18);
  assert.deepEqual(silent.Attributes, dictionary());
});

test("what a node gains by being fuller it loses where emptier nodes are sought", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 900 }), (CPU, MemoryMB) => {
      const used = { CPU, MemoryMB, DiskMB: 0, IOPS: 0 };
      assert.ok(Math.abs(scoreFit(machine, used) + scoreRoom(machine, used) - highestFitScore) < 1e-9);
    }),
  );
});
