import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import type { StateView } from "../../state/index.ts";
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

const begun = {
  placed: ({ jobs }: StateView) => jobs.size > 0,
  "told to have been placed": ({ allocations }: StateView) => allocations.size > 0,
} as const;

for (const [what, isBegun] of Object.entries(begun)) {
  test(`what was to be ${what} while a disk was full for a minute, is when there is room`, async () => {
    await inCluster({ servers: 1, clients: 1 }, async ({ world, servers }) => {
      const { machine, running } = servers[0]!;
      const { agent } = running!;
      const { state } = agent.server!;
      const Job = { ID: "web", Name: "web", Datacenters: ["dc1"], Type: "service", TaskGroups: [group] };
      const asked = world.ask(agent, { method: "PUT", target: "/v1/jobs", body: { Job } });
      await world.until("it is begun", () => isBegun(state.view()), seconds(5));
      machine.fill();
      assert.equal((await asked).status, 200);
      await world.pass(minutes(1));
      const [pending] = state.view().evaluations.all();
      assert.equal(pending?.Status, "pending");
      machine.room();
      const isComplete = () => state.view().evaluations.get(pending!.ID)?.Status === "complete";
      await world.until("the evaluation is complete", isComplete, seconds(30));
      assert.equal([...state.view().allocations.by("evaluation", pending!.ID)].length, 2);
    });
  });
}

test("the same seed gives a cluster the same transcript", async () => {
  const once = () => inCluster({ servers: 3, clients: 2 }, ({ world }) => world.pass(seconds(5)));
  assert.deepEqual(await once(), await once());
});

const group = {
  Name: "app",
  Count: 2,
  Tasks: [{ Name: "server", Driver: "mock", Config: { run_for: "10h" }, Resources: { CPU: 100, MemoryMB: 64 } }],
};
