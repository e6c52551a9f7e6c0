import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../base/index.ts";
import { mockDriver } from "../drivers/index.ts";
import { startClient } from "./client.ts";
import { someConfig } from "./testing/client-config.ts";
import { type FakeRuntime, fakeRuntime } from "./testing/fake-runtime.ts";
import { FakeServers } from "./testing/fake-servers.ts";
import { someAllocation, someJob } from "./testing/makers.ts";

const kept = { dev: false, stateDirectory: "/data/client", allocationDirectory: "/data/alloc" };

/** A client on the machine of `runtime`, with what earlier ones have left there. */
async function started(runtime: FakeRuntime, servers: FakeServers) {
  const client = await startClient(someConfig(kept), runtime, servers.rpc, [mockDriver(runtime)]);
  await runtime.clock.advance(seconds(0));
  const shutdown = async () => {
    const ended = client.shutdown();
    await runtime.clock.advance(minutes(2));
    await ended;
  };
  return { client, shutdown };
}

function storyIn(servers: FakeServers): readonly string[] {
  return (
    servers.updates
      .flat()
      .at(-1)
      ?.TaskStates.web?.Events.map(({ Type }) => Type) ?? []
  );
}

function allocationOf(config: object, policy: object = { Attempts: 0, Interval: 60e9, Delay: 1e9, Mode: "fail" }) {
  const job = someJob({ tasks: [{ Config: config }] });
  const group = { ...job.TaskGroups[0], RestartPolicy: policy };
  return someAllocation({ Job: { ...job, TaskGroups: [group] } });
}

test("a task that runs on while its agent is away is found again, and its end told as if nothing had been", async () => {
  const [runtime, servers] = [fakeRuntime(), new FakeServers()];
  const first = await started(runtime, servers);
  servers.want(allocationOf({ run_for: "10m" }));
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(storyIn(servers), ["Received", "Started"]);
  await first.shutdown();
  const told = servers.updates.length;

  const second = await started(runtime, servers);
  assert.equal(second.client.stats().num_allocations, "1");
  await runtime.clock.advance(minutes(1));
  assert.equal(servers.updates.length, told, "what the servers know already is not told again");
  await runtime.clock.advance(minutes(10));
  assert.deepEqual(storyIn(servers), ["Received", "Started", "Terminated"]);
  await second.shutdown();
});
