import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { type FakeRuntime, fakeRuntime } from "../testing/fake-runtime.ts";
import { HostSampler } from "./host-sampler.ts";

const meminfo = [
  "MemTotal:       1000 kB",
  "MemFree:         300 kB",
  "MemAvailable:    600 kB",
  "Buffers:         100 kB",
  "Cached:          200 kB",
].join("\n");

function stat(core0: string, core1: string): string {
  return `cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 ${core0} 0 0\ncpu1 ${core1} 0 0\nintr 1 2 3\n`;
}

async function machine(): Promise<FakeRuntime> {
  const runtime = fakeRuntime();
  await runtime.disk.put("/proc/stat", stat("10 0 10 80 0 0 0 0", "0 0 0 100 0 0 0 0"));
  await runtime.disk.put("/proc/meminfo", meminfo);
  await runtime.disk.put("/proc/uptime", "5809.53 11000.00\n");
  await runtime.disk.put("/proc/filesystems", "nodev\tproc\nnodev\ttmpfs\n\text4\n");
  await runtime.disk.put(
    "/proc/self/mounts",
    "proc /proc proc rw 0 0\n/dev/vda / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n",
  );
  await runtime.disk.makeDirectory("/allocations");
  return runtime;
}

async function overwrite(runtime: FakeRuntime, path: string, text: string): Promise<void> {
  runtime.disk.truncate(path);
  await (await runtime.disk.open(path, "append")).append(Buffer.from(text));
}

test("the machine is sampled at once: since its start, and then between two looks", async () => {
  const runtime = await machine();
  const sampler = new HostSampler(runtime, "/allocations", () => 1000);
  const latest = () => sampler.latest;
  const end = new AbortController();
  const running = sampler.run(seconds(1), end.signal);
  assert.equal(latest(), null);
  await runtime.clock.advance(seconds(0));
  assert.deepEqual(latest()?.CPU, [
    { CPU: "cpu0", User: 10, System: 10, Idle: 80, Total: 20 },
    { CPU: "cpu1", User: 0, System: 0, Idle: 100, Total: 0 },
  ]);
  assert.equal(latest()?.CPUTicksConsumed, 200);
  await overwrite(runtime, "/proc/stat", stat("60 0 10 130 0 0 0 0", "0 0 25 100 75 0 0 0"));
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(latest()?.CPU, [
    { CPU: "cpu0", User: 50, System: 0, Idle: 50, Total: 50 },
    { CPU: "cpu1", User: 0, System: 25, Idle: 0, Total: 100 },
  ]);
  assert.equal(latest()?.CPUTicksConsumed, 1500);
  end.abort();
  await running;
});

test("memory that caches hold is not used, and only disks with a device are disks", async () => {
  const runtime = await machine();
  const sampler = new HostSampler(runtime, "/allocations", () => 1000);
  const end = new AbortController();
  const running = sampler.run(seconds(1), end.signal);
  await runtime.clock.advance(seconds(0));
  const kilobyte = 1024;
  assert.deepEqual(sampler.latest?.Memory, {
    Total: 1000 * kilobyte,
    Available: 600 * kilobyte,
    Used: 400 * kilobyte,
    Free: 300 * kilobyte,
  });
  assert.deepEqual(sampler.latest?.DiskStats, [
    {
      Device: "/dev/vda",
      Mountpoint: "/",
      Size: 2 ** 40,
      Used: 2 ** 38,
      Available: 2 ** 39,
      UsedPercent: 25,
      InodesUsedPercent: 25,
    },
  ]);
  assert.equal(sampler.latest?.AllocDirStats?.UsedPercent, 25);
  assert.equal(sampler.latest?.Uptime, 5809);
  end.abort();
  await running;
});
