import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../base/index.ts";
import { type Driver, mockDriver } from "../drivers/index.ts";
import { startClient } from "./client.ts";
import { someConfig } from "./testing/client-config.ts";
import { type FakeRuntime, fakeRuntime } from "./testing/fake-runtime.ts";
import { FakeServers } from "./testing/fake-servers.ts";
import { someAllocation, someJob } from "./testing/makers.ts";

const places = { dev: false, stateDirectory: "/data/client", allocationDirectory: "/data/alloc" };
const allocation = someAllocation({ Job: someJob({ tasks: [{ Config: { run_for: "10m" } }] }) });
const supervision = `/data/client/supervision/${allocation.ID}`;

async function started(runtime: FakeRuntime, drivers: readonly Driver<unknown>[] = [mockDriver(runtime)]) {
  const servers = new FakeServers();
  servers.want(allocation);
  const client = await startClient(someConfig(places), runtime, servers.rpc, drivers);
  await runtime.clock.advance(seconds(1));
  const shutdown = async () => {
    const ended = client.shutdown();
    await runtime.clock.advance(seconds(10));
    await ended;
  };
  return { client, servers, shutdown };
}

/** A disk on which an allocation's directory is busy until `frees` is called. */
function busyDisk(runtime: FakeRuntime) {
  const { disk } = runtime;
  let isBusy = true;
  const removeTree = disk.removeTree.bind(disk);
  disk.removeTree = async (path) => {
    if (isBusy && path.startsWith("/data/alloc/")) throw Object.assign(new Error("busy"), { code: "EBUSY" });
    return removeTree(path);
  };
  const frees = () => {
    isBusy = false;
  };
  return { frees };
}

const removals = ({ logged }: FakeRuntime) =>
  logged.filter((line) => line === "[ERR] client: failed to remove an allocation's directory").length;
const pathsOf = ({ disk }: FakeRuntime) => disk.paths().filter((path) => path.includes(allocation.ID));

test("a directory that cannot be removed is tried again, with longer and longer pauses", async () => {
  const runtime = fakeRuntime();
  const { frees } = busyDisk(runtime);
  const { client, servers, shutdown } = await started(runtime);
  servers.want();
  await runtime.clock.advance(seconds(1.5));
  await client.idle();
  assert.ok(removals(runtime) >= 1);
  await runtime.clock.advance(minutes(10));
  assert.ok(removals(runtime) > 5 && removals(runtime) < 20, `${removals(runtime)} tries`);
  assert.notDeepEqual(pathsOf(runtime), []);
  frees();
  await runtime.clock.advance(minutes(6));
  assert.deepEqual(pathsOf(runtime), []);
  await shutdown();
});

test("a client that ends does not wait for what cannot be removed, and the next one removes it", async () => {
  const runtime = fakeRuntime();
  const { frees } = busyDisk(runtime);
  const first = await started(runtime);
  first.servers.want();
  await runtime.clock.advance(minutes(1));
  await first.shutdown();
  frees();
  assert.notDeepEqual(pathsOf(runtime), []);
  const second = await started(runtime);
  second.servers.want();
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(pathsOf(runtime), []);
  await second.shutdown();
});

/** A driver with a run that cannot be ended until `yields` is called. */
function stubbornDriver(runtime: FakeRuntime) {
  const mock = mockDriver(runtime);
  let isStubborn = true;
  const runs = new Set<string>();
  const ending = (directory: string) => async () => {
    if (isStubborn) throw new Error("permission denied");
    runs.delete(directory);
  };
  const driver: typeof mock = {
    ...mock,
    start: async (task) => {
      const { supervision: directory } = task.directories;
      await runtime.disk.makeDirectory(directory);
      runs.add(directory);
      return { ...(await mock.start(task)), discard: ending(directory) };
    },
    recover: async ({ fields }) => {
      const { supervision: directory = "" } = fields;
      if (!runs.has(directory)) return undefined;
      const config = mock.config.parse({ run_for: "10m" });
      const running = await mock.start({ config } as Parameters<typeof mock.start>[0]);
      return { ...running, discard: ending(directory) };
    },
  };
  const yields = () => {
    isStubborn = false;
  };
  return { driver: driver as Driver<unknown>, runs, yields };
}

test("an allocation with a run that cannot be ended is not removed before that has ended", async () => {
  const runtime = fakeRuntime();
  const { driver, runs, yields } = stubbornDriver(runtime);
  const { servers, shutdown } = await started(runtime, [driver]);
  assert.equal(runs.size, 1);
  servers.want();
  await runtime.clock.advance(minutes(10));
  assert.deepEqual(
    runtime.disk.paths().filter((path) => runs.has(path)),
    [...runs],
  );
  yields();
  await runtime.clock.advance(minutes(6));
  assert.equal(runs.size, 0);
  assert.deepEqual(pathsOf(runtime), []);
  await shutdown();
});

test("garbage collection keeps the traces of a run that cannot be ended", async () => {
  const runtime = fakeRuntime();
  const { driver, runs, yields } = stubbornDriver(runtime);
  const { client, shutdown } = await started(runtime, [driver]);
  await runtime.clock.advance(minutes(11));
  const collect = async () => {
    const problem = client.endpoints.collect(allocation.ID).then(() => "", String);
    await runtime.clock.advance(seconds(1));
    return problem;
  };
  assert.match(await collect(), /1 runs of its tasks cannot be ended/);
  assert.equal(runs.size, 1);
  assert.ok(runtime.disk.paths().some((path) => path.startsWith(`${supervision}/`)));
  yields();
  assert.equal(await collect(), "");
  assert.equal(runs.size, 0);
  await shutdown();
});

test("an allocation that nobody attends to any more takes neither the others nor the agent with it", async () => {
  const runtime = fakeRuntime();
  let isBroken = false;
  const { name, ...mock } = mockDriver(runtime);
  const driver = {
    ...mock,
    get name() {
      if (isBroken) throw new Error("broken");
      return name;
    },
  };
  const { servers, shutdown } = await started(runtime, [driver as Driver<unknown>]);
  isBroken = true;
  servers.want(allocation, { ...allocation, ID: "33333333-3333-4333-8333-333333333333" });
  await runtime.clock.advance(seconds(1));
  assert.ok(runtime.logged.includes("[ERR] client: an allocation is attended to no more"));
  isBroken = false;
  servers.want({ ...allocation, DesiredStatus: "stop", AllocModifyIndex: 20 });
  await runtime.clock.advance(seconds(2));
  const last = servers.updates.flat().findLast(({ ID }) => ID === allocation.ID);
  assert.equal(last?.TaskStates.web?.Events.at(-1)?.Type, "Killed");
  await shutdown();
});
