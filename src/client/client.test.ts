import assert from "node:assert";
import { test } from "node:test";
import { milliseconds, minutes, seconds } from "../base/index.ts";
import { mockDriver } from "../drivers/index.ts";
import { startClient } from "./client.ts";
import type { ClientConfig } from "./config.ts";
import type { Fingerprint } from "./fingerprint/fingerprint.ts";
import { someConfig } from "./testing/client-config.ts";
import { type FakeRuntime, fakeRuntime } from "./testing/fake-runtime.ts";
import { FakeServers } from "./testing/fake-servers.ts";
import { someAllocation, someJob } from "./testing/makers.ts";

async function started(
  fields: Partial<ClientConfig> = {},
  runtime: FakeRuntime = fakeRuntime(),
  servers = new FakeServers(),
) {
  const client = await startClient(someConfig(fields), runtime, servers.rpc, [mockDriver(runtime)]);
  await runtime.clock.advance(seconds(0));
  /** Shuts down while time goes on: tasks take a moment to end. */
  const shutdown = async () => {
    const ended = client.shutdown();
    await runtime.clock.advance(minutes(2));
    await ended;
  };
  return { client, runtime, servers, shutdown };
}

async function collected<Element>(elements: AsyncIterable<Element>): Promise<readonly Element[]> {
  const found: Element[] = [];
  for await (const element of elements) found.push(element);
  return found;
}

/** Orders log lines by what they are about: those on allocations after the others. */
function byPart(a: string, b: string): number {
  const part = (line: string) => (/alloc(ation)?s/.test(line) ? 1 : 0);
  return part(a) - part(b);
}

const running = someAllocation({ Job: someJob({ tasks: [{ Config: { run_for: "1h", stdout_string: "hello" } }] }) });

test("a dev client describes its node, registers it, and is ready at once", async () => {
  const { client, servers, runtime, shutdown } = await started({
    reserved: { cpuMHz: 100, memoryMB: 256, diskMB: 1000, iops: 0, ports: [22, 80] },
    meta: { rack: "r1" },
  });
  const [node] = servers.registered;
  assert.equal(node?.Status, "initializing");
  assert.deepEqual(servers.statuses, ["ready"]);
  assert.equal(client.node().Status, "ready");
  assert.deepEqual([node?.Name, node?.Datacenter, node?.HTTPAddr], ["machine", "dc1", "127.0.0.1:4646"]);
  assert.deepEqual(node?.Attributes, {
    "kernel.name": "linux",
    "unique.network.ip-address": "127.0.0.1",
    "driver.mock": "1",
  });
  assert.deepEqual([node?.Resources?.CPU, node?.Resources?.MemoryMB, node?.Resources?.DiskMB], [4000, 8192, 50_000]);
  assert.equal(node?.NodeResources.Cpu.CpuShares, 4000);
  assert.deepEqual(
    node?.Reserved?.Networks.map(({ IP, MBits, ReservedPorts }) => [
      IP,
      MBits,
      ReservedPorts.map(({ Value }) => Value),
    ]),
    [["127.0.0.1", 0, [22, 80]]],
  );
  assert.equal(node?.ReservedResources.Networks.ReservedHostPorts, "22,80");
  assert.deepEqual(node?.Drivers.mock?.Detected, true);
  assert.deepEqual(client.stats(), {
    node_id: client.nodeID,
    num_allocations: "0",
    heartbeat_ttl: "10s",
    known_servers: "1",
    last_heartbeat: "0s",
  });
  // Registration and allocations go on side by side.
  assert.deepEqual(runtime.logged.filter((line) => !line.includes("directory")).toSorted(byPart), [
    "[DEBUG] client: built-in fingerprints: [static]",
    "[DEBUG] client: applied fingerprints [static]",
    "[DEBUG] client: available drivers [mock]",
    "[DEBUG] client: node registration complete",
    "[DEBUG] client: periodically checking for node changes at duration 5s",
    "[DEBUG] client: state updated to ready",
    "[DEBUG] client: updated allocations at index 1 (pulled 0) (filtered 0)",
    "[DEBUG] client: allocs: (added 0) (removed 0) (updated 0) (ignore 0)",
  ]);
  await shutdown();
});

test("what programs are started with is made ready once the client has begun, where a driver here starts programs", async () => {
  for (const isSupervised of [true, false]) {
    const world = fakeRuntime();
    let made = 0;
    const runtime = { ...world, processes: { ...world.processes, expectPrograms: () => void made++ } };
    const mock = mockDriver(runtime);
    const driver = Object.assign(Object.create(mock) as typeof mock, {
      capabilities: { ...mock.capabilities, isSupervised },
    });
    const client = await startClient(someConfig(), runtime, new FakeServers().rpc, [driver]);
    assert.equal(made, 0, "not before");
    await world.clock.advance(seconds(1));
    assert.equal(made, isSupervised ? 1 : 0);
    const ended = client.shutdown();
    await world.clock.advance(minutes(2));
    await ended;
  }
});

test("a registration that fails is tried again until it succeeds", async () => {
  const servers = new FakeServers();
  servers.failNext("Node.Register", "No cluster leader", "No cluster leader", "No cluster leader");
  const { runtime, shutdown } = await started({}, fakeRuntime(), servers);
  assert.deepEqual(servers.statuses, []);
  await runtime.clock.advance(milliseconds(500));
  assert.deepEqual(servers.statuses, ["ready"]);
  await shutdown();
});

test("a node says that it lives after exactly the time the servers grant", async () => {
  const { servers, runtime, shutdown } = await started();
  servers.ttl = 12e9;
  await runtime.clock.advance(seconds(9.999));
  assert.equal(servers.statuses.length, 1);
  await runtime.clock.advance(milliseconds(1));
  assert.equal(servers.statuses.length, 2);
  await runtime.clock.advance(seconds(11.999));
  assert.equal(servers.statuses.length, 2);
  await runtime.clock.advance(milliseconds(1));
  assert.equal(servers.statuses.length, 3);
  await shutdown();
});

test("a node that the servers have forgotten is registered anew", async () => {
  const { servers, runtime, shutdown } = await started();
  servers.failNext("Node.UpdateStatus", "node not found");
  await runtime.clock.advance(seconds(10));
  assert.equal(servers.registered.length, 2);
  assert.equal(servers.registered[1]?.Status, "ready");
  assert.equal(servers.statuses.length, 2);
  await shutdown();
});

test("a slow fingerprint does not keep the node waiting, and what it finds is registered later", async () => {
  const runtime = fakeRuntime();
  const cloud: Fingerprint = {
    name: "env_cloud",
    inBackground: true,
    detect: async ({ signal }) => {
      await runtime.clock.sleep(seconds(5), signal);
      return { attributes: { "platform.cloud": "yes" } };
    },
  };
  const config = someConfig();
  const { servers, shutdown } = await started({ fingerprints: [...(config.fingerprints ?? []), cloud] }, runtime);
  assert.deepEqual(servers.statuses, ["ready"]);
  await runtime.clock.advance(seconds(11));
  assert.deepEqual(
    servers.registered.map(({ Attributes }) => Attributes["platform.cloud"]),
    [undefined, "yes"],
  );
  await shutdown();
});

test("what the operator says anew of a node is registered, and what is shown of it changes", async () => {
  const { client, servers, runtime, shutdown } = await started({ meta: { rack: "r1" }, nodeClass: "small" });
  const published = { node: false, allocations: false };
  const none = { cpuMHz: 0, memoryMB: 0, diskMB: 0, iops: 0, ports: [] };
  const reserved = { ...none, memoryMB: 256, ports: [22] };
  const changed = { meta: { rack: "r2" }, nodeClass: "big", reserved, published };
  client.takeOver(changed);
  await runtime.clock.advance(seconds(11));
  assert.equal(servers.registered.length, 2);
  const { Meta, NodeClass, Reserved, ReservedResources, Attributes, Resources } = servers.registered[1]!;
  assert.deepEqual([{ ...Meta }, NodeClass, Reserved?.MemoryMB], [{ rack: "r2" }, "big", 256]);
  assert.equal(Reserved?.Networks[0]?.ReservedPorts[0]?.Value, 22);
  assert.deepEqual(
    [ReservedResources.Memory.MemoryMB, ReservedResources.Networks.ReservedHostPorts],
    [256, "22"],
    "in both shapes",
  );
  assert.deepEqual([Attributes, Resources], [servers.registered[0]?.Attributes, servers.registered[0]?.Resources]);
  client.takeOver(structuredClone(changed));
  await runtime.clock.advance(seconds(11));
  assert.equal(servers.registered.length, 2, "nothing has changed");
  await shutdown();
});

test("fingerprints and drivers that the operator does not list are skipped, and it is said", async () => {
  const options = { "fingerprint.whitelist": "host,memory", "driver.whitelist": "exec" };
  const { servers, runtime, shutdown } = await started({ options });
  assert.deepEqual(servers.registered[0]?.Attributes, {});
  assert.ok(runtime.logged.includes("[DEBUG] client: fingerprint modules skipped due to whitelist: [static]"));
  assert.ok(runtime.logged.includes("[DEBUG] client: drivers skipped due to whitelist: [mock]"));
  await shutdown();
});

test("a machine of which nothing can be read is a node all the same", async () => {
  const { servers, shutdown } = await started({ fingerprints: undefined, nodeName: "" });
  const [node] = servers.registered;
  assert.equal(node?.Name, node?.ID);
  assert.deepEqual(Object.keys(node?.Attributes ?? {}).sort(), [
    "driver.mock",
    "nomad.advertise.address",
    "nomad.revision",
    "nomad.version",
  ]);
  await shutdown();
});

test("an allocation that the servers want is run, and reported in one batch", async () => {
  const { servers, runtime, client, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(milliseconds(9));
  assert.equal(servers.updates.length, 0);
  await runtime.clock.advance(milliseconds(2));
  assert.equal(servers.updates.length, 1);
  const [update] = servers.updates[0] ?? [];
  assert.deepEqual([update?.ID, update?.NodeID, update?.ClientStatus], [running.ID, client.nodeID, "running"]);
  assert.deepEqual(
    update?.TaskStates.web?.Events.map(({ Type }) => Type),
    ["Received", "Started"],
  );
  assert.equal(client.stats().num_allocations, "1");
  const [output] = await collected(
    client.endpoints.streamLogs(
      running.ID,
      { task: "web", type: "stdout", follow: false, offset: 0, origin: "start" },
      new AbortController().signal,
    ),
  );
  assert.equal(Buffer.from(output?.data ?? []).toString(), "hello");
  await shutdown();
});

test("reports that fail are kept, and the newest is sent", async () => {
  const { servers, runtime, shutdown } = await started();
  servers.failNext("Node.UpdateAlloc", "No cluster leader");
  servers.want(someAllocation({ Job: someJob({ Type: "batch", tasks: [{ Config: { run_for: "20ms" } }] }) }));
  await runtime.clock.advance(seconds(2));
  assert.deepEqual(
    servers.updates.map((batch) => batch.map(({ ClientStatus }) => ClientStatus)),
    [["complete"]],
  );
  await shutdown();
});

test("an allocation that the servers want stopped is stopped, and one they have forgotten leaves nothing", async () => {
  const { servers, runtime, client, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  servers.want({ ...running, DesiredStatus: "stop", AllocModifyIndex: 20 });
  await runtime.clock.advance(seconds(1));
  assert.equal(servers.updates.at(-1)?.[0]?.ClientStatus, "complete");
  assert.ok((await client.endpoints.listDirectory(running.ID, "/")).length > 0);
  servers.want();
  await runtime.clock.advance(seconds(1));
  await assert.rejects(client.endpoints.listDirectory(running.ID, "/"), { message: "alloc not found" });
  assert.deepEqual(
    runtime.disk.paths().filter((path) => path.includes(running.ID)),
    [],
  );
  assert.ok(runtime.logged.includes("[DEBUG] client: allocs: (added 0) (removed 1) (updated 0) (ignore 0)"));
  await shutdown();
});

test("an allocation begins when those that make room for it have ended, and not at all if it is not wanted by then", async () => {
  const victim = someAllocation({ Job: someJob({ tasks: [{ Config: { run_for: "1h", kill_after: "3s" } }] }) });
  const evicted = { ...victim, DesiredStatus: "evict", PreemptedByAllocation: "newcomer", AllocModifyIndex: 20 };
  const newcomer = someAllocation({ ...running, ID: "newcomer", PreemptedAllocations: [victim.ID, "long gone"] });
  const unwanted = { ...newcomer, ID: "unwanted" };

  const { servers, runtime, shutdown } = await started();
  const lastOf = (id: string) => servers.updates.flat().findLast(({ ID }) => ID === id)?.ClientStatus;
  servers.want(victim);
  await runtime.clock.advance(seconds(1));
  servers.want(newcomer, unwanted, evicted);
  await runtime.clock.advance(seconds(2));
  assert.deepEqual([lastOf(victim.ID), lastOf("newcomer")], ["running", undefined]);
  servers.want(newcomer, { ...unwanted, DesiredStatus: "stop", AllocModifyIndex: 30 }, evicted);
  await runtime.clock.advance(seconds(2));
  assert.deepEqual(["newcomer", "unwanted", victim.ID].map(lastOf), ["running", "complete", "complete"]);
  const began = servers.updates.flat().find(({ ID }) => ID === "unwanted")?.TaskStates;
  assert.deepEqual(Object.keys(began ?? {}), []);
  await shutdown();
});

test("a client that shuts down does not begin what waits for room", async () => {
  const tasks = [{ Config: { run_for: "1h", kill_after: "3s" } }];
  const victim = someAllocation({ Job: someJob({ tasks }) });
  const evicted = { ...victim, DesiredStatus: "evict", AllocModifyIndex: 20 };
  const newcomer = someAllocation({ ...running, ID: "newcomer", PreemptedAllocations: [victim.ID] });
  for (const dev of [true, false]) {
    const { servers, runtime, shutdown } = await started({ dev, ...(dev ? {} : { dataDirectory: "/data" }) });
    servers.want(victim);
    await runtime.clock.advance(seconds(1));
    servers.want(newcomer, evicted);
    await runtime.clock.advance(seconds(1));
    await shutdown();
    const reported = servers.updates.flat().filter(({ ID }) => ID === "newcomer");
    assert.deepEqual(
      reported.flatMap(({ TaskStates }) => Object.keys(TaskStates)),
      [],
      `dev ${dev}`,
    );
  }
});

test("an allocation that was stopped and is wanted again, as after a restore, begins anew", async () => {
  const { servers, runtime, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  servers.want({ ...running, DesiredStatus: "stop", AllocModifyIndex: 20 });
  await runtime.clock.advance(seconds(1));
  assert.equal(servers.updates.at(-1)?.[0]?.ClientStatus, "complete");
  servers.want({ ...running, ClientStatus: "running", AllocModifyIndex: 30 });
  await runtime.clock.advance(seconds(1));
  assert.equal(servers.updates.at(-1)?.[0]?.ClientStatus, "running");
  await shutdown();
});

test("servers that have forgotten how an allocation is are told again, and it is left alone", async () => {
  const { servers, runtime, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  const told = servers.updates.length;
  servers.want({ ...running, ClientStatus: "pending", AllocModifyIndex: 20 });
  await runtime.clock.advance(seconds(1));
  assert.equal(servers.updates.length, told + 1);
  const [update] = servers.updates.at(-1) ?? [];
  assert.equal(update?.ClientStatus, "running");
  assert.deepEqual(
    update?.TaskStates.web?.Events.map(({ Type }) => Type),
    ["Received", "Started"],
  );
  await shutdown();
});

test("a client that leaves says that it is down, stays so, and waits for its tasks to end as servers wish", async () => {
  const { servers, runtime, client, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  await client.leave();
  assert.equal(servers.statuses.at(-1), "down");
  let isIdle = false;
  const idle = client.idle().then(() => {
    isIdle = true;
  });
  servers.failNext("Node.UpdateStatus", "node not found");
  await runtime.clock.advance(seconds(30));
  assert.equal(servers.registered.at(-1)?.Status, "down", "also where it must register anew");
  assert.deepEqual(new Set(servers.statuses.slice(-2)), new Set(["down"]));
  assert.equal(isIdle, false);
  servers.want({ ...running, DesiredStatus: "stop", AllocModifyIndex: 20 });
  await runtime.clock.advance(seconds(1));
  await idle;
  await shutdown();
});

test("an answer of a server that is behind is not applied, but asked for again", async () => {
  const { servers, runtime, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  servers.stale = [running];
  servers.want({ ...running, DesiredStatus: "stop", AllocModifyIndex: 20 });
  await runtime.clock.advance(seconds(1));
  assert.equal(servers.updates.at(-1)?.[0]?.ClientStatus, "running");
  servers.stale = undefined;
  await runtime.clock.advance(seconds(3));
  assert.equal(servers.updates.at(-1)?.[0]?.ClientStatus, "complete");
  await shutdown();
});

test("a task goes on whatever a server that is behind, or that knows nothing yet, answers", async () => {
  const { servers, runtime, client, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  const asked = () => servers.calls.filter((method) => method === "Node.GetClientAllocs").length;
  const before = asked();
  servers.fallBehind(1);
  await runtime.clock.advance(seconds(10));
  assert.equal(servers.updates.at(-1)?.[0]?.ClientStatus, "running");
  assert.equal(client.stats().num_allocations, "1");
  // It is not asked without pause, though it answers at once.
  assert.ok(asked() > before + 5 && asked() < before + 300, `${asked() - before} questions`);
  servers.behind = undefined;
  servers.want();
  await runtime.clock.advance(seconds(1));
  assert.equal(client.stats().num_allocations, "0");
  await shutdown();
});

test("only the leader is believed in the first question of a client's life", async () => {
  const { servers, runtime, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(servers.allowedStale, [false, true, true]);
  await shutdown();
});

test("an allocation that a server behind does not know yet is asked for again", async () => {
  const { servers, runtime, client, shutdown } = await started();
  servers.stale = [];
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  assert.equal(client.stats().num_allocations, "0");
  servers.stale = undefined;
  await runtime.clock.advance(seconds(2));
  assert.equal(client.stats().num_allocations, "1");
  await shutdown();
});

test("servers that the operator adds are known until servers say who they are", async () => {
  const { client, runtime, shutdown } = await started();
  client.addServers(["10.0.0.9", "no address"]);
  assert.deepEqual(client.knownServers(), ["10.0.0.1:4647", "10.0.0.9:4647"]);
  assert.ok(runtime.logged.includes("[WARN] client: server addresses cannot be read"));
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(client.knownServers(), ["10.0.0.1:4647"]);
  await shutdown();
});

test("a dev client that shuts down leaves no task, no directory and no timer", async () => {
  const { servers, runtime, client, shutdown } = await started();
  servers.want(running);
  await runtime.clock.advance(seconds(1));
  const follow = client.endpoints.streamLogs(
    running.ID,
    { task: "web", type: "stdout", follow: true, offset: 0, origin: "end" },
    new AbortController().signal,
  );
  const following = collected(follow);
  await runtime.clock.advance(seconds(1));
  await shutdown();
  assert.deepEqual(await following, []);
  assert.deepEqual(runtime.disk.paths(), ["/", "/tmp"]);
  assert.equal(runtime.clock.waiting, 0);
  assert.ok(runtime.logged.includes("[INFO] client: shutting down"));
});

test("a client that is not in dev mode keeps its identity and its tasks' directories", async () => {
  const runtime = fakeRuntime();
  const fields = { dev: false, stateDirectory: "/data/client", allocationDirectory: "/data/alloc" };
  const first = await started(fields, runtime);
  first.servers.want(running);
  await runtime.clock.advance(seconds(30));
  assert.deepEqual(first.servers.statuses.slice(0, 1), ["ready"]);
  await first.shutdown();
  assert.ok(runtime.disk.paths().includes(`/data/alloc/${running.ID}/web/local`));
  assert.equal(runtime.clock.waiting, 0);
  const second = await started(fields, runtime);
  assert.equal(second.client.nodeID, first.client.nodeID);
  await second.shutdown();
});

test("an identity that is none is not replaced, but refused", async () => {
  const runtime = fakeRuntime();
  await runtime.disk.put("/data/client/client-id", "garbage");
  const fields = { dev: false, stateDirectory: "/data/client", allocationDirectory: "/data/alloc" };
  await assert.rejects(started(fields, runtime), /Cannot read the node's ID from "\/data\/client\/client-id"/);
});

test("an unknown allocation is refused by name", async () => {
  const { client, shutdown } = await started();
  await assert.rejects(client.endpoints.statFile("nope", "/"), { message: "alloc not found" });
  await assert.rejects(client.endpoints.allocationStats("nope", undefined), {
    message: 'unknown allocation ID "nope"',
  });
  assert.equal(client.endpoints.hostStats(), null);
  await shutdown();
});
