import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import { staticFingerprint } from "../../client/index.ts";
import { World } from "../index.ts";

const service = {
  Region: "global",
  ID: "web",
  Name: "web",
  Type: "service",
  Priority: 50,
  Datacenters: ["dc1"],
  TaskGroups: [
    {
      Name: "app",
      Count: 3,
      Tasks: [
        {
          Name: "server",
          Driver: "mock",
          Config: { run_for: "1h" },
          Resources: { CPU: 100, MemoryMB: 64, DiskMB: 300 },
          LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
        },
      ],
    },
  ],
};

const machine = staticFingerprint({
  cpuMHz: 4000,
  memoryMB: 8192,
  diskMB: 50_000,
  network: { device: "eth0", address: "10.0.0.1", mbits: 1000 },
});

/** A dev agent is started, a job registered by HTTP, run, and stopped. Gives what was said on the way. */
async function firstJob(seed: string): Promise<readonly string[]> {
  const world = new World(seed);
  try {
    const agent = await world.startDevAgent("one", machine);
    const { state } = agent.server;
    const node = () => [...state.view().nodes.all()][0];
    await world.until("the node is ready", () => node()?.Status === "ready", seconds(5));

    const answer = await world.ask(agent, { method: "PUT", target: "/v1/jobs", body: { Job: service } });
    assert.equal(answer.status, 200, answer.text);
    const running = () => [...state.view().allocations.all()].filter(({ ClientStatus }) => ClientStatus === "running");
    await world.until("three allocations run", () => running().length === 3, seconds(10));
    assert.equal([...state.view().jobs.all()][0]?.Status, "running");

    assert.equal((await world.ask(agent, { method: "DELETE", target: "/v1/job/web" })).status, 200);
    const complete = () => [...state.view().allocations.all()].every(({ ClientStatus }) => ClientStatus === "complete");
    await world.until("all allocations are complete", complete, minutes(1));
    return [...world.transcript.lines];
  } finally {
    await world.close();
  }
}

test("a job registered with a dev agent is seen running, and stopped", async () => {
  const lines = await firstJob("first job");
  assert.ok(lines.some((line) => line.includes("cluster leadership acquired")));
});

test("an allocation tells newer programs what each of its tasks was granted, wherever it is asked for", async () => {
  const world = new World("granted");
  try {
    const agent = await world.startDevAgent("one", machine);
    const view = () => agent.server.state.view();
    await world.until("the node is ready", () => [...view().nodes.all()][0]?.Status === "ready", seconds(5));
    await world.ask(agent, { method: "PUT", target: "/v1/jobs", body: { Job: service } });
    await world.until("allocations are placed", () => view().allocations.size === 3, seconds(10));

    const { ID, NodeID } = [...view().allocations.all()][0]!;
    const asked = async (target: string) => JSON.parse((await world.ask(agent, { method: "GET", target })).text);
    const granted = { Cpu: { CpuShares: 100 }, Memory: { MemoryMB: 64, MemoryMaxMB: 0 }, Networks: [], Devices: [] };
    const [ofNode] = await asked(`/v1/node/${NodeID}/allocations`);
    assert.deepEqual((await asked(`/v1/allocation/${ID}`)).AllocatedResources.Tasks, { server: granted });
    assert.deepEqual(ofNode.AllocatedResources.Tasks, { server: granted });
  } finally {
    await world.close();
  }
});

test("the same seed gives the same transcript, another seed another", async () => {
  const once = await firstJob("seed 1");
  assert.deepEqual(await firstJob("seed 1"), once);
  assert.notDeepEqual(await firstJob("seed 2"), once);
});
