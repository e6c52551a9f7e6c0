import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds, WakeUp } from "../base/index.ts";
import { mockDriver } from "../drivers/index.ts";
import {
  type DiskSpace,
  type ProcessExit,
  type ProcessOutput,
  type SupervisedProcess,
  settled,
} from "../runtime/index.ts";
import type { Allocations } from "./allocations.ts";
import { startClient } from "./client.ts";
import type { ClientConfig } from "./config.ts";
import { GarbageCollector, shortageOf } from "./garbage-collector.ts";
import { someConfig } from "./testing/client-config.ts";
import { type FakeRuntime, fakeRuntime } from "./testing/fake-runtime.ts";
import { FakeServers } from "./testing/fake-servers.ts";
import { someAllocation, someJob } from "./testing/makers.ts";

const limits = { interval: minutes(1), parallelDestroys: 2, diskUsage: 80, inodeUsage: 70, maxAllocations: 3 };
const roomy: DiskSpace = { totalBytes: 1000, usedBytes: 100, freeBytes: 900, totalInodes: 100, freeInodes: 90 };

test("room is short when the disk, its inodes or the count are above their limits, and not at them", () => {
  assert.equal(shortageOf(roomy, 3, limits), undefined);
  assert.equal(shortageOf({ ...roomy, usedBytes: 800, freeBytes: 200 }, 3, limits), undefined);
  assert.match(
    shortageOf({ ...roomy, usedBytes: 810, freeBytes: 190 }, 3, limits)?.reason ?? "",
    /^disk usage of 81 %/,
  );
  assert.match(shortageOf({ ...roomy, freeInodes: 29 }, 3, limits)?.reason ?? "", /^inode usage of 71 %/);
  assert.deepEqual(shortageOf(roomy, 4, limits), { reason: "4 allocations are more than 3", atMost: 1 });
  assert.equal(shortageOf(roomy, 9, limits)?.atMost, 2, "no more at once than may be");
});

test("what the superuser alone may use is no room, and a file system without inodes is short of none", () => {
  assert.match(
    shortageOf({ ...roomy, usedBytes: 500, freeBytes: 100 }, 0, limits)?.reason ?? "",
    /^disk usage of 83 %/,
  );
  assert.equal(shortageOf({ ...roomy, totalInodes: 0, freeInodes: 0 }, 0, limits), undefined);
});

/** A client that keeps its state, and how many of its allocations have directories. */
async function started(
  fields: Partial<ClientConfig> = {},
  { runtime = fakeRuntime(), servers = new FakeServers() }: { runtime?: FakeRuntime; servers?: FakeServers } = {},
) {
  const kept = { dev: false, stateDirectory: "/data/client", allocationDirectory: "/data/alloc", collection: limits };
  const client = await startClient(someConfig({ ...kept, ...fields }), runtime, servers.rpc, [mockDriver(runtime)]);
  await runtime.clock.advance(seconds(0));
  const directories = async () => (await runtime.disk.list("/data/alloc")).map(({ name }) => name);
  const shutdown = async () => {
    const ended = client.shutdown();
    await runtime.clock.advance(minutes(2));
    await ended;
  };
  return { client, runtime, servers, directories, shutdown };
}

/** Allocations `a1`, `a2` …, of which each ends a second after the one before. */
function ending(count: number) {
  return Array.from({ length: count }, (_, at) => {
    const Config = { run_for: `${at + 1}s` };
    return someAllocation({ ID: `a${at + 1}`, Job: someJob({ Type: "batch", tasks: [{ Config }] }) });
  });
}

test("a client that ends while it looks at its disk waits for no further look", async () => {
  const runtime = fakeRuntime();
  const looked = Promise.withResolvers<DiskSpace>();
  const disk = Object.assign(Object.create(runtime.disk), { space: () => looked.promise });
  const allocations = { ended: () => [], size: 0, changed: new WakeUp() } as unknown as Allocations;
  const collector = new GarbageCollector({ ...runtime, disk }, allocations, "/data/alloc", limits);
  const ending = new AbortController();
  const running = collector.run(ending.signal);
  await settled();
  ending.abort();
  looked.resolve(roomy);
  await running;
});

const lasting = someAllocation({ ID: "a0", Job: someJob({ tasks: [{ Config: { run_for: "10h" } }] }) });

test("when there are too many allocations those that ended first are collected, and what runs is not", async () => {
  const { client, runtime, servers, directories, shutdown } = await started();
  servers.want(lasting, ...ending(5));
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(await directories(), ["a0", "a2", "a3", "a4", "a5"], "nothing else has ended yet");
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(await directories(), ["a0", "a4", "a5"]);
  assert.equal(client.stats().num_allocations, "3");
  await shutdown();
});

test("what was collected is not started again, neither by a change of the servers nor after a restart, and is told once", async () => {
  const first = await started();
  const { runtime, servers, directories } = first;
  const allocations = ending(5);
  servers.want(...allocations);
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(await directories(), ["a3", "a4", "a5"]);
  servers.want(...allocations.map((allocation) => ({ ...allocation, AllocModifyIndex: 20, ClientStatus: "complete" })));
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(await directories(), ["a3", "a4", "a5"]);
  await first.shutdown();

  const told = servers.updates.length;
  const second = await started({}, { runtime, servers });
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(await directories(), ["a3", "a4", "a5"]);
  assert.equal(servers.updates.length, told, "servers are not told again what they have confirmed");
  assert.equal(second.client.stats().num_allocations, "3");
  servers.want();
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(await directories(), []);
  await second.shutdown();
});

test("the end of an allocation that was collected is told to servers that were away", async () => {
  const first = await started();
  const { runtime, servers } = first;
  const call = servers.rpc.call;
  servers.want(...ending(5));
  await runtime.clock.advance(seconds(0));
  servers.rpc.call = (method, request, options) =>
    method.name === "Node.UpdateAlloc" ? Promise.reject(new Error("away")) : call(method, request, options);
  await runtime.clock.advance(seconds(10));
  await first.shutdown();
  servers.rpc.call = call;
  const told = servers.updates.length;
  const second = await started({}, { runtime, servers });
  await runtime.clock.advance(seconds(5));
  const since = servers.updates.slice(told).flat();
  assert.deepEqual(
    since
      .filter(({ ClientStatus }) => ClientStatus === "complete")
      .map(({ ID }) => ID)
      .toSorted(),
    ["a1", "a2", "a3", "a4", "a5"],
  );
  await second.shutdown();
});

test("a full disk is looked at each minute, and collected for until it is not full", async () => {
  const runtime = fakeRuntime();
  let usedBytes = 100;
  runtime.disk.space = async () => ({ ...roomy, usedBytes, freeBytes: 1000 - usedBytes });
  const removeTree = runtime.disk.removeTree.bind(runtime.disk);
  runtime.disk.removeTree = async (path) => {
    if (path.startsWith("/data/alloc/")) usedBytes -= 30;
    await removeTree(path);
  };
  const { servers, directories, shutdown } = await started(
    { collection: { ...limits, parallelDestroys: 1, maxAllocations: 50 } },
    { runtime },
  );
  servers.want(...ending(5));
  await runtime.clock.advance(seconds(10));
  assert.equal((await directories()).length, 5);
  usedBytes = 850;
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(await directories(), ["a3", "a4", "a5"]);
  await shutdown();
});

test("one that cannot be removed is told of, others are collected in its place, and it is tried again later", async () => {
  const runtime = fakeRuntime();
  const removeTree = runtime.disk.removeTree.bind(runtime.disk);
  let isStuck = true;
  runtime.disk.removeTree = async (path) => {
    if (isStuck && path === "/data/alloc/a1") throw new Error("something is mounted there");
    await removeTree(path);
  };
  const { servers, directories, shutdown } = await started({}, { runtime });
  servers.want(...ending(5));
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(await directories(), ["a1", "a4", "a5"]);
  assert.ok(runtime.logged.some((line) => line.includes("failed to collect an allocation")));
  isStuck = false;
  servers.want(...ending(5), someAllocation({ ID: "b1", Job: someJob({ tasks: [{ Config: { run_for: "1h" } }] }) }));
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(await directories(), ["a4", "a5", "b1"]);
  await shutdown();
});

test("a run by a driver that this client does not have is ended, and keeps nothing from being collected", async () => {
  const { client, runtime, servers, directories, shutdown } = await started();
  servers.want(...ending(2));
  await runtime.clock.advance(seconds(10));
  const [run, unknown] = ["a1", "a2"].map((id) => `/data/client/supervision/${id}/0123456789ab-cdef123456`);
  for (const directory of [run, unknown]) await runtime.disk.makeDirectory(directory as string);
  await client.endpoints.collect("a2");
  assert.deepEqual(await directories(), ["a1"], "of what is no process nothing can be awaited");
  const done: string[] = [];
  runtime.processes.recover = async (directory) => {
    done.push(`found ${directory}`);
    return supervisedProcess(done);
  };
  await client.endpoints.collect("a1");
  assert.deepEqual(done, [`found ${run}`, "SIGKILL for all of it", "discarded"]);
  assert.deepEqual(await directories(), []);
  assert.deepEqual(
    runtime.disk.paths().filter((path) => path === run || path === unknown),
    [],
  );
  await shutdown();
});

/** What runs until it is killed, and writes down what is done to it. */
function supervisedProcess(done: string[]): SupervisedProcess {
  const exited = Promise.withResolvers<ProcessExit>();
  const nothing: ProcessOutput = { each: async () => {}, [Symbol.asyncIterator]: async function* () {} };
  return {
    ...{ pid: 7, identity: "7:7", stdout: nothing, stderr: nothing, exited: exited.promise, detach: () => {} },
    run: () => Promise.reject(new Error("nothing is run here")),
    groupUsage: async () => undefined,
    signal: (signal, options) => {
      done.push(`${signal}${options?.group === true ? " for all of it" : ""}`);
      exited.resolve({ exitCode: 137, signal: 9, oomKilled: false });
    },
    discard: async () => {
      done.push("discarded");
    },
  };
}

test("one or all that have ended are collected when asked for; what runs, or is not there, is refused", async () => {
  const { client, runtime, servers, directories, shutdown } = await started();
  servers.want(lasting, ...ending(2));
  await runtime.clock.advance(seconds(10));
  const { endpoints } = client;
  await assert.rejects(endpoints.collect("a0"), { message: "allocation has not ended on this node", code: 400 });
  await assert.rejects(endpoints.collect("a9"), { message: "alloc not found" });
  await endpoints.collect("a1");
  assert.deepEqual(await directories(), ["a0", "a2"]);
  assert.equal(endpoints.holds("a1"), false);
  await assert.rejects(endpoints.collect("a1"), { message: "alloc not found" });
  await assert.rejects(endpoints.statFile("a1", "/"), { message: "alloc not found" });
  await endpoints.collect(undefined);
  assert.deepEqual(await directories(), ["a0"]);
  await shutdown();
});

test("all that have ended are collected by whoever asks, also when two ask at once", async () => {
  const { client, runtime, servers, directories, shutdown } = await started({
    collection: { ...limits, maxAllocations: 9 },
  });
  servers.want(...ending(5));
  await runtime.clock.advance(seconds(10));
  assert.equal((await directories()).length, 5);
  await Promise.all([client.endpoints.collect(undefined), client.endpoints.collect(undefined)]);
  assert.deepEqual(await directories(), []);
  await shutdown();
});
