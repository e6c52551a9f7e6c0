import assert from "node:assert/strict";
import { test } from "node:test";
import { allocation, node, resources } from "../model/index.ts";
import { clientGauges, type MeasuredAllocation } from "./gauges.ts";

const own = node.parse({
  ID: "n1",
  Datacenter: "dc1",
  NodePool: "default",
  Status: "ready",
  SchedulingEligibility: "eligible",
  Resources: resources.parse({ CPU: 1000, MemoryMB: 512, DiskMB: 900, Networks: [{ Device: "lo", MBits: 100 }] }),
  Reserved: resources.parse({ CPU: 100 }),
});

const host = {
  Memory: { Total: 8, Available: 6, Used: 2, Free: 5 },
  CPU: [{ CPU: "cpu0", User: 1, System: 2, Idle: 97, Total: 3 }],
  DiskStats: [
    { Device: "/dev/sda", Mountpoint: "/", Size: 9, Used: 4, Available: 5, UsedPercent: 44, InodesUsedPercent: 1 },
  ],
  AllocDirStats: null,
  DeviceStats: [],
  Uptime: 77,
  Timestamp: 0,
  CPUTicksConsumed: 96,
};

function measured(more: Partial<MeasuredAllocation> = {}, ClientStatus = "running"): MeasuredAllocation {
  return {
    allocation: allocation.parse({
      ID: "a1",
      JobID: "web",
      TaskGroup: "app",
      Namespace: "default",
      DesiredStatus: "run",
      ClientStatus,
      Resources: { DiskMB: 300 },
      TaskResources: { main: { CPU: 250, MemoryMB: 64, Networks: [{ Device: "lo", MBits: 10 }] } },
    }),
    clientStatus: "running",
    isBlocked: false,
    states: ["running", "running", "dead"],
    tasks: [["main", usage]],
    ...more,
  };
}

const usage = {
  ResourceUsage: {
    MemoryStats: {
      RSS: 5,
      Cache: 0,
      Swap: 1,
      Usage: 0,
      MaxUsage: 0,
      KernelUsage: 0,
      KernelMaxUsage: 0,
      Measured: ["RSS", "Swap"],
    },
    CpuStats: {
      SystemMode: 1,
      UserMode: 2,
      TotalTicks: 30,
      ThrottledPeriods: 0,
      ThrottledTime: 0,
      Percent: 3,
      Measured: ["Percent"],
    },
    DeviceStats: [],
  },
  Timestamp: 0,
  Pids: {},
};

function shown(allocations: readonly MeasuredAllocation[], published = { node: true, allocations: true }) {
  const gauges = [...clientGauges({ node: own, host, allocations }, published)];
  return new Map(gauges.map(({ name, value, labels }) => [name.join("."), { value, labels: labels ?? {} }]));
}

test("what is allocated and what is left are told with the node's labels", () => {
  const figures = shown([measured(), measured({ clientStatus: "complete" }, "complete")]);
  const value = (name: string) => figures.get(name)?.value;
  assert.deepEqual(
    ["cpu", "memory", "disk", "network"].map((kind) => [
      value(`client.allocated.${kind}`),
      value(`client.unallocated.${kind}`),
    ]),
    [
      [250, 650],
      [64, 448],
      [300, 600],
      [10, 90],
    ],
  );
  assert.deepEqual([value("client.allocations.running"), value("client.allocations.terminal")], [1, 1]);
  const tasks = ["pending", "running", "dead"].map((state) => value(`client.tasks.${state}`));
  assert.deepEqual(tasks, [0, 4, 2]);
  assert.deepEqual(figures.get("client.allocated.cpu")?.labels, {
    node_id: "n1",
    datacenter: "dc1",
    node_class: "none",
    node_pool: "default",
    node_status: "ready",
    node_scheduling_eligibility: "eligible",
  });
  assert.equal(figures.get("client.unallocated.network")?.labels.device, "lo");
});

test("an allocation that waits for others is blocked, and not pending", () => {
  const figures = shown([measured({ clientStatus: "pending", isBlocked: true })]);
  assert.equal(figures.get("client.allocations.blocked")?.value, 1);
  assert.equal(figures.get("client.allocations.pending")?.value, 0);
});

test("each task is told of with what was measured of it, and not with what was not", () => {
  const figures = shown([measured()]);
  assert.deepEqual(figures.get("client.allocs.memory.rss"), {
    value: 5,
    labels: { job: "web", task_group: "app", alloc_id: "a1", task: "main", namespace: "default" },
  });
  assert.equal(figures.get("client.allocs.memory.allocated")?.value, 64 * 1024 * 1024);
  assert.equal(figures.get("client.allocs.memory.max_allocated")?.value, 64 * 1024 * 1024);
  assert.equal(figures.get("client.allocs.cpu.total_percent")?.value, 3);
  assert.equal(figures.has("client.allocs.memory.cache"), false);
});

test("the machine and the tasks are told of only where that is wanted", () => {
  const all = shown([measured()]);
  assert.equal(all.get("client.host.disk.used_percent")?.labels.disk, "/dev/sda");
  assert.equal(all.get("client.host.cpu.idle")?.labels.cpu, "cpu0");
  assert.equal(all.get("client.host.cpu.total_percent")?.value, 3);
  assert.equal(all.get("client.host.cpu.total_ticks")?.value, 96);
  assert.equal(all.get("client.uptime")?.value, 77);
  const few = [...shown([measured()], { node: false, allocations: false }).keys()];
  assert.ok(
    few.every((name) => /^client\.(allocations|tasks|allocated|unallocated)\./.test(name)),
    few.join(),
  );
  assert.equal(few.length, 16);
});
