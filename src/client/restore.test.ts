import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds, whenAborted } from "../base/index.ts";
import { type Driver, mockDriver } from "../drivers/index.ts";
import type { Allocation } from "../model/index.ts";
import { startClient } from "./client.ts";
import { runName } from "./state/left-runs.ts";
import { someConfig } from "./testing/client-config.ts";
import { type FakeRuntime, fakeRuntime } from "./testing/fake-runtime.ts";
import { FakeServers } from "./testing/fake-servers.ts";
import { someAllocation, someJob } from "./testing/makers.ts";

const places = { dev: false, stateDirectory: "/data/client", allocationDirectory: "/data/alloc" };

/** A client on the machine of `runtime`, with what earlier ones have left there. */
async function started(runtime: FakeRuntime, servers: FakeServers, drivers?: readonly Driver<unknown>[]) {
  const client = await startClient(someConfig(places), runtime, servers.rpc, drivers ?? [mockDriver(runtime)]);
  await runtime.clock.advance(seconds(0));
  const shutdown = async () => {
    const ended = client.shutdown();
    await runtime.clock.advance(seconds(10));
    await ended;
  };
  return { client, shutdown };
}

/** An agent has run the allocation for so long, and is gone. */
async function left(allocation: Allocation, after = seconds(1)) {
  const [runtime, servers] = [fakeRuntime(), new FakeServers()];
  const first = await started(runtime, servers);
  servers.want(allocation);
  await runtime.clock.advance(after);
  await first.shutdown();
  return { runtime, servers };
}

function lastOf(servers: FakeServers): Allocation | undefined {
  return servers.updates.flat().at(-1);
}

function storyIn(servers: FakeServers): readonly string[] {
  return (lastOf(servers)?.TaskStates.web?.Events ?? []).map(({ Type }) => Type);
}

const never = { Attempts: 0, Interval: 60e9, Delay: 1e9, Mode: "fail" };

function allocationOf(config: object, policy: object = never, type = "service"): Allocation {
  const job = someJob({ Type: type, tasks: [{ Config: config }] });
  const group = { ...job.TaskGroups[0], RestartPolicy: policy };
  return someAllocation({ Job: { ...job, TaskGroups: [group] } });
}

test("a task that runs on while its agent is away is found again, and its end told as if nothing had been", async () => {
  const { runtime, servers } = await left(allocationOf({ run_for: "10m" }));
  assert.deepEqual(storyIn(servers), ["Received", "Started"]);
  const told = servers.updates.length;
  const second = await started(runtime, servers);
  assert.equal(second.client.stats().num_allocations, "1");
  await runtime.clock.advance(minutes(1));
  assert.equal(servers.updates.length, told, "what the servers know already is not told again");
  await runtime.clock.advance(minutes(10));
  assert.deepEqual(storyIn(servers), ["Received", "Started", "Terminated"]);
  await second.shutdown();
});

test("what the servers had not heard when the agent went is told by the next one", async () => {
  const [runtime, servers] = [fakeRuntime(), new FakeServers()];
  const first = await started(runtime, servers);
  servers.failNext("Node.UpdateAlloc", ..."xxxxxxxxxxxxxxxx");
  servers.want(allocationOf({ run_for: "10m" }));
  await runtime.clock.advance(seconds(1));
  await first.shutdown();
  assert.equal(servers.updates.length, 0);
  servers.failNext("Node.UpdateAlloc");
  const second = await started(runtime, servers);
  await runtime.clock.advance(seconds(1));
  assert.equal(lastOf(servers)?.ClientStatus, "running");
  await second.shutdown();
});

test("the first question after a restart is for the leader, and until it is answered nothing is stopped", async () => {
  const { runtime, servers } = await left(allocationOf({ run_for: "10m" }));
  const asked = servers.allowedStale.length;
  servers.failNext("Node.GetClientAllocs", ..."xxxx".split("").map(() => "No cluster leader"));
  const second = await started(runtime, servers);
  await runtime.clock.advance(seconds(1));
  assert.equal(second.client.stats().num_allocations, "1");
  await runtime.clock.advance(minutes(2));
  assert.equal(servers.allowedStale[asked], false);
  assert.equal(lastOf(servers)?.ClientStatus, "running");
  await second.shutdown();
});

test("a task that waits for its restart waits for the rest of its delay", async () => {
  const policy = { Attempts: 1, Interval: 600e9, Delay: 100e9, Mode: "fail" };
  const { runtime, servers } = await left(allocationOf({ run_for: "1s", exit_code: 1 }, policy), seconds(2));
  assert.deepEqual(storyIn(servers).slice(-1), ["Restarting"]);
  const second = await started(runtime, servers);
  await runtime.clock.advance(seconds(80));
  assert.deepEqual(storyIn(servers).slice(-1), ["Restarting"], "100 s have not passed");
  await runtime.clock.advance(seconds(40));
  assert.deepEqual(storyIn(servers).slice(3), ["Restarting", "Started", "Terminated", "Not Restarting"]);
  await second.shutdown();
});

test("a clock that is set back meanwhile makes no delay longer", async () => {
  const policy = { Attempts: 1, Interval: 600e9, Delay: 100e9, Mode: "fail" };
  const { runtime, servers } = await left(allocationOf({ run_for: "1s", exit_code: 1 }, policy), seconds(2));
  runtime.clock.setWallClock(minutes(-600));
  const second = await started(runtime, servers);
  await runtime.clock.advance(seconds(130));
  assert.deepEqual(storyIn(servers).slice(4), ["Started", "Terminated", "Not Restarting"]);
  await second.shutdown();
});

test("a task that is dead stays so", async () => {
  const { runtime, servers } = await left(allocationOf({ run_for: "1s" }, never, "batch"), seconds(5));
  assert.equal(lastOf(servers)?.ClientStatus, "complete");
  const told = servers.updates.length;
  const second = await started(runtime, servers);
  await runtime.clock.advance(minutes(1));
  assert.equal(servers.updates.length, told);
  assert.equal(second.client.stats().num_allocations, "1");
  servers.want();
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(
    runtime.disk.paths().filter((path) => path.includes("1111")),
    [],
  );
  await second.shutdown();
});

test("what the servers have stopped or forgotten meanwhile is stopped", async () => {
  const wanted = allocationOf({ run_for: "10m" });
  const stopped = { ...wanted, DesiredStatus: "stop", AllocModifyIndex: 20 };
  for (const then of [[stopped], []]) {
    const { runtime, servers } = await left(wanted);
    servers.want(...then);
    const second = await started(runtime, servers);
    await runtime.clock.advance(seconds(1));
    assert.deepEqual(storyIn(servers), ["Received", "Started", "Killing", "Killed"]);
    await second.shutdown();
  }
});

test("nothing is started in the place of a task while its driver cannot say what became of it", async () => {
  const { runtime, servers } = await left(allocationOf({ run_for: "10m" }));
  const mock = mockDriver(runtime);
  let starts = 0;
  let isAway = true;
  const daemon: typeof mock = {
    ...mock,
    start: (task) => {
      starts += 1;
      return mock.start(task);
    },
    recover: (handle) => (isAway ? Promise.reject(new Error("the daemon does not answer")) : mock.recover(handle)),
  };
  const second = await started(runtime, servers, [daemon as Driver<unknown>]);
  await runtime.clock.advance(minutes(2));
  assert.equal(starts, 0);
  assert.ok(runtime.logged.includes("[ERR] client: cannot find out yet whether a task still runs"));
  isAway = false;
  await runtime.clock.advance(minutes(2));
  assert.ok(runtime.logged.includes("[INFO] client: a task is found again"));
  await second.shutdown();
});

test("a task of which nothing is left counts as failed, and is restarted by its policy", async () => {
  const policy = { Attempts: 1, Interval: 600e9, Delay: 1e9, Mode: "fail" };
  const { runtime, servers } = await left(allocationOf({ run_for: "10m" }, policy));
  const forgetful = { ...mockDriver(runtime), recover: async () => undefined };
  const second = await started(runtime, servers, [forgetful as Driver<unknown>]);
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(storyIn(servers), ["Received", "Started", "Terminated", "Restarting", "Started"]);
  assert.match(lastOf(servers)?.TaskStates.web?.Events[2]?.Message ?? "", /^unknown exit/);
  await second.shutdown();
});

test("a run that nobody knows of is ended once the servers have said what they want, and not before", async () => {
  const [runtime, servers] = [fakeRuntime(), new FakeServers()];
  const directory = `/data/client/supervision/gone/${runName("web", "mock", runtime.random)}`;
  await runtime.disk.makeDirectory(directory);
  const ended: string[] = [];
  const driver = {
    ...mockDriver(runtime),
    recover: async ({ fields }: { readonly fields: Readonly<Record<string, string>> }) => {
      ended.push(fields.supervision ?? "");
      return undefined;
    },
  };
  servers.failNext("Node.GetClientAllocs", "No cluster leader");
  const { shutdown } = await started(runtime, servers, [driver as Driver<unknown>]);
  assert.deepEqual(ended, []);
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(ended, [directory]);
  assert.ok(!runtime.disk.paths().includes("/data/client/supervision/gone"));
  await shutdown();
});

test("a task of which an earlier agent had only made the place of its first run begins at the beginning", async () => {
  const [runtime, servers] = [fakeRuntime(), new FakeServers()];
  const allocation = allocationOf({ run_for: "10m" });
  await runtime.disk.makeDirectory(
    `/data/client/supervision/${allocation.ID}/${runName("web", "mock", runtime.random)}`,
  );
  const unmade = { ...mockDriver(runtime), recover: async () => undefined };
  servers.want(allocation);
  const { shutdown } = await started(runtime, servers, [unmade as Driver<unknown>]);
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(storyIn(servers), ["Received", "Started"]);
  await shutdown();
});

test("a run of a driver that this client has not is left alone, and said", async () => {
  const [runtime, servers] = [fakeRuntime(), new FakeServers()];
  const directory = `/data/client/supervision/gone/${runName("web", "other", runtime.random)}`;
  await runtime.disk.makeDirectory(directory);
  const { shutdown } = await started(runtime, servers);
  await runtime.clock.advance(seconds(10));
  assert.ok(runtime.disk.paths().includes(directory));
  assert.ok(runtime.logged.includes("[ERR] client: a run of a task that nobody wants any more cannot be ended"));
  await shutdown();
});

test("artifacts that were fetched are not fetched again after a restart, and those that were on their way are", async () => {
  const policy = { Attempts: 1, Interval: 600e9, Delay: 100e9, Mode: "fail" };
  const Artifacts = [{ GetterSource: "http://files/x", RelativeDest: "local/" }];
  const { Job } = allocationOf({}, policy);
  const group = {
    ...Job?.TaskGroups[0],
    Tasks: someJob({ tasks: [{ Config: { run_for: "1s", exit_code: 1 }, Artifacts }] }).TaskGroups[0]?.Tasks,
  };
  const allocation = someAllocation({ Job: { ...Job, TaskGroups: [group] } });
  let asked = 0;
  const web = {
    get: (_: URL, { signal }: { readonly signal: AbortSignal }) => {
      asked += 1;
      // The first agent goes before there is an answer.
      if (asked === 1) return new Promise<never>((__, reject) => whenAborted(signal, () => reject(signal.reason)));
      return Promise.resolve({ status: 200, headers: {}, body: once("content") });
    },
  };
  const [runtime, servers] = [{ ...fakeRuntime(), web }, new FakeServers()];
  const first = await started(runtime, servers);
  servers.want(allocation);
  await runtime.clock.advance(seconds(1));
  await first.shutdown();
  assert.deepEqual(storyIn(servers), ["Received", "Downloading Artifacts"]);
  const second = await started(runtime, servers);
  await runtime.clock.advance(seconds(2));
  await second.shutdown();
  const third = await started(runtime, servers);
  await runtime.clock.advance(seconds(140));
  assert.deepEqual(storyIn(servers).slice(-4), ["Restarting", "Started", "Terminated", "Not Restarting"]);
  assert.equal(asked, 2);
  await third.shutdown();
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
