import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import { SimCluster, World } from "../index.ts";

async function inCluster(
  size: { readonly servers: number; readonly clients: number },
  act: (cluster: SimCluster) => Promise<void>,
): Promise<readonly string[]> {
  const world = new World("cluster");
  try {
    const cluster = new SimCluster(world, size);
    await cluster.converge(minutes(1));
    await act(cluster);
    return [...world.transcript.lines];
  } finally {
    await world.close();
  }
}

test("five servers find each other and fifty clients find them", async () => {
  await inCluster({ servers: 5, clients: 50 }, async (cluster) => {
    assert.equal(cluster.leader?.state.view().nodes.size, 50);
  });
});

test("a leader that crashes is replaced, comes back, and knows what happened without it", async () => {
  await inCluster({ servers: 3, clients: 1 }, async (cluster) => {
    const { world, leader } = cluster;
    const struck = cluster.servers.find(({ running }) => running?.agent.server === leader);
    assert.ok(struck !== undefined);
    struck.crash();
    await world.until("another leads", () => cluster.leader !== undefined, seconds(30));
    const other = cluster.servers.find(({ running }) => running?.agent.server === cluster.leader);
    const Job = { ID: "web", Name: "web", Datacenters: ["dc1"], Type: "service", TaskGroups: [group] };
    const agent = other?.running?.agent;
    assert.ok(agent !== undefined);
    const answer = await world.ask(agent, { method: "PUT", target: "/v1/jobs", body: { Job } });
    assert.equal(answer.status, 200, answer.text);
    world.restart(struck);
    await cluster.converge(minutes(2));
    assert.equal(struck.running?.agent.server?.state.view().jobs.size, 1);
  });
});

test("the same seed gives a cluster the same transcript", async () => {
  const once = () => inCluster({ servers: 3, clients: 2 }, ({ world }) => world.pass(seconds(5)));
  assert.deepEqual(await once(), await once());
});

const group = {
  Name: "app",
  Count: 2,
  Tasks: [{ Name: "server", Driver: "mock", Config: { run_for: "10h" }, Resources: { CPU: 100, MemoryMB: 64 } }],
};
