import assert from "node:assert";
import { test } from "node:test";
import { type Duration, later, minutes, SeededRandom, seconds } from "../../base/index.ts";
import { mockDriver } from "../../drivers/index.ts";
import { MemoryDatabases, MemoryDisk, settled } from "../../runtime/index.ts";
import { SimNetwork, VirtualTime } from "../../sim/index.ts";
import { startClient } from "../client.ts";
import type { ClientRuntime } from "../state/open-state.ts";
import { someConfig } from "../testing/client-config.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { FakeServers } from "../testing/fake-servers.ts";
import { someAllocation, someJob } from "../testing/makers.ts";
import { listenForClients } from "../testing/wire-servers.ts";
import { connectServers } from "./connect-servers.ts";

const servers = ["10.0.0.1:4647", "10.0.0.2:4647", "10.0.0.3:4647"] as const;
const running = someAllocation({ Job: someJob({ tasks: [{ Config: { run_for: "1000h" } }] }) });

/** A whole client, and servers of one cluster that come and go, on a network in memory; `atFirst` are up already. */
async function cluster(seed: string, { atFirst = servers }: { readonly atFirst?: readonly string[] } = {}) {
  const time = new VirtualTime();
  const network = new SimNetwork(time, new SeededRandom(seed));
  const at = (host: string): ClientRuntime => ({
    ...fakeRuntime(),
    clock: time,
    random: new SeededRandom(`${seed}/${host}`),
    network: network.at(host),
    disk: new MemoryDisk(time),
    databases: new MemoryDatabases(time, new SeededRandom(`${seed}/${host}/databases`)),
  });
  /** Lets time pass, and everything that follows from it happen. */
  const pass = async (span: Duration) => {
    const end = later(time.now(), span);
    await settled();
    for (let next = time.next(); next !== undefined && next <= end; next = time.next()) {
      time.step();
      await settled();
    }
    // An event of our own, so that the clock is where it should be also when nothing happened.
    time.at(end, () => {});
    time.step();
  };
  const during = async <Value>(work: Promise<Value>, span: Duration): Promise<Value> => {
    await pass(span);
    return work;
  };

  const state = new FakeServers(servers);
  const up = new Map<string, Awaited<ReturnType<typeof listenForClients>>>();
  const start = async (address: string) => void up.set(address, await listenForClients(at(address), address, state));
  const stop = async (address: string) => {
    const listener = up.get(address);
    up.delete(address);
    if (listener !== undefined) await during(listener.close(), seconds(1));
  };
  for (const address of atFirst) await start(address);

  const config = someConfig({
    dev: false,
    stateDirectory: "/data/client",
    allocationDirectory: "/data/alloc",
    servers: ["10.0.0.1", "10.0.0.2"],
    statsInterval: minutes(30),
  });
  const runtime = at("10.0.1.1");
  const connections = connectServers(runtime, config);
  const client = await during(
    startClient(config, runtime, connections.rpc, [mockDriver(runtime)], connections.servers),
    seconds(1),
  );
  const close = async () => {
    await during(client.shutdown(), minutes(1));
    await during(connections.close(), minutes(1));
    for (const address of [...up.keys()]) await stop(address);
  };
  return { state, client, connections, pass, start, stop, close, inUse: () => client.knownServers()[0] as string };
}

/** What became of the task so far, as its client reported it. */
function story(state: FakeServers): readonly string[] {
  const last = state.updates.flat().at(-1);
  return last?.TaskStates.web?.Events.map(({ Type }) => Type) ?? [];
}

test("a client learns the servers, loses the one it uses, and goes on with another; its task notices nothing", async () => {
  const { state, client, pass, stop, close, inUse } = await cluster("lost-one");
  await pass(seconds(30));
  assert.deepEqual(client.knownServers().toSorted(), servers);
  assert.equal(state.statuses[0], "ready");
  state.want(running);
  await pass(seconds(5));
  assert.deepEqual(story(state), ["Received", "Started"]);

  const lost = inUse();
  await stop(lost);
  await pass(seconds(1));
  assert.notEqual(inUse(), lost);
  const heartbeats = state.statuses.length;
  await pass(minutes(1));
  assert.ok(state.statuses.length >= heartbeats + 5);
  assert.equal(state.registered.length, 1);
  assert.deepEqual(story(state), ["Received", "Started"]);

  state.want({ ...running, DesiredStatus: "stop", AllocModifyIndex: 20 });
  await pass(seconds(10));
  assert.equal(state.updates.at(-1)?.[0]?.ClientStatus, "complete");
  await close();
});

test("with no server at all tasks run on, and the node is registered anew when servers return and know it no more", async () => {
  const { state, client, pass, start, stop, close } = await cluster("lost-all");
  await pass(seconds(30));
  state.want(running);
  await pass(seconds(5));
  for (const address of servers) await stop(address);
  const before = { statuses: state.statuses.length, updates: state.updates.length };
  await pass(minutes(10));
  assert.equal(client.stats().num_allocations, "1");
  assert.deepEqual([state.statuses.length, state.updates.length], [before.statuses, before.updates]);

  state.failNext("Node.UpdateStatus", "node not found");
  // Those that return know nothing of the node's allocation yet.
  state.fallBehind(1);
  await start(servers[2]);
  await pass(minutes(2));
  assert.equal(state.registered.length, 2);
  assert.equal(state.registered[1]?.ID, client.nodeID);
  assert.ok(state.statuses.length > before.statuses);
  assert.equal(client.stats().num_allocations, "1");
  assert.deepEqual(story(state), ["Received", "Started"]);

  state.behind = undefined;
  state.want({ ...running, DesiredStatus: "stop", AllocModifyIndex: 20 });
  await pass(minutes(1));
  assert.equal(state.updates.at(-1)?.[0]?.ClientStatus, "complete");
  await close();
});

test("a client that starts before any server registers once there is one", async () => {
  const { state, pass, start, close } = await cluster("late", { atFirst: [] });
  await pass(minutes(5));
  await start(servers[1]);
  await pass(minutes(1));
  assert.equal(state.registered.length, 1);
  assert.ok(state.statuses.length > 1);
  await close();
});
