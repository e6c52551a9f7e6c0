import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import type { SimAgent } from "../sim-agent.ts";
import { SimCluster } from "../sim-cluster.ts";
import { World } from "../world.ts";

interface RaftServer {
  readonly ID: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
}

async function inThree(seed: string, act: (cluster: SimCluster) => Promise<void>): Promise<void> {
  const world = new World(seed);
  try {
    const cluster = new SimCluster(world, { servers: 3, clients: 0 });
    await cluster.converge(minutes(1));
    await act(cluster);
  } finally {
    await world.close();
  }
}

const leading = ({ servers, leader }: SimCluster): SimAgent =>
  servers.find(({ running }) => running?.agent.server === leader)!;

const following = (cluster: SimCluster): SimAgent => cluster.servers.find((server) => server !== leading(cluster))!;

async function asked({ world }: SimCluster, { running }: SimAgent, method: string, target: string) {
  return world.ask(running!.agent, { method, target: `/v1/operator/raft/${target}` });
}

async function listed(cluster: SimCluster, by: SimAgent, query = ""): Promise<readonly RaftServer[]> {
  const { status, text } = await asked(cluster, by, "GET", `configuration${query}`);
  assert.equal(status, 200, text);
  return JSON.parse(text).Servers;
}

const addressOf = (server: SimAgent): string => server.running!.agent.server!.membership.members()[0]!.Addr;

test("a follower tells whom Raft counts, and hands leadership to the server that was named", async () => {
  await inThree("transfer", async (cluster) => {
    const heir = following(cluster);
    const servers = await listed(cluster, heir);
    assert.deepEqual(servers.map(({ Address }) => Address).sort(), ["10.0.0.1:4647", "10.0.0.2:4647", "10.0.0.3:4647"]);
    assert.deepEqual([servers.filter(({ Leader }) => Leader).length, servers.every(({ Voter }) => Voter)], [1, true]);
    const address = `${addressOf(heir)}:4647`;
    const id = servers.find(({ Address }) => Address === address)!.ID;
    const { status, text } = await asked(cluster, heir, "PUT", `transfer-leadership?id=${id}`);
    assert.deepEqual([status, JSON.parse(text).To.ID], [200, id], text);
    await cluster.world.until("the heir leads", () => cluster.leader === heir.running?.agent.server, seconds(3));
  });
});

test("leadership is not lost to a server that is down", async () => {
  await inThree("transfer-down", async (cluster) => {
    const leader = leading(cluster);
    const dead = following(cluster);
    const address = `${addressOf(dead)}:4647`;
    const id = (await listed(cluster, leader)).find(({ Address }) => Address === address)!.ID;
    dead.crash();
    const { status, text } = await asked(cluster, leader, "PUT", `transfer-leadership?address=${address}`);
    assert.deepEqual(
      [status, text],
      [500, `"${id}" did not take over the leadership in time: is it alive and up to date?`],
    );
    assert.equal(cluster.leader, leader.running?.agent.server);
  });
});

test("without a leader a stale list shows who is missing", async () => {
  await inThree("stale", async (cluster) => {
    const [only, ...others] = cluster.servers;
    for (const other of others) other.crash();
    await cluster.world.pass(seconds(10));
    assert.equal((await asked(cluster, only!, "GET", "configuration")).status, 500);
    const servers = await listed(cluster, only!, "?stale");
    assert.deepEqual([servers.length, servers.some(({ Leader }) => Leader)], [3, false]);
  });
});

test("a dead server that is removed is not counted any more, so that one of two may fail", async () => {
  await inThree("remove", async (cluster) => {
    const dead = following(cluster);
    const address = `${addressOf(dead)}:4647`;
    dead.crash();
    const { status, text } = await asked(cluster, leading(cluster), "DELETE", `peer?address=${address}`);
    assert.deepEqual([status, text], [200, ""]);
    const left = await listed(cluster, leading(cluster));
    assert.deepEqual([left.length, left.some(({ Address }) => Address === address)], [2, false]);
    const again = await asked(cluster, leading(cluster), "DELETE", `peer?id=${address}`);
    assert.deepEqual([again.status, again.text], [400, `id "${address}" was not found in the Raft configuration`]);
  });
});

test("a leader that is removed steps down, another leads, and as it is alive it is added again", async () => {
  await inThree("remove-leader", async (cluster) => {
    const leader = leading(cluster);
    const address = `${addressOf(leader)}:4647`;
    const { ID: id } = (await listed(cluster, leader)).find((server) => server.Address === address)!;
    const { status, text } = await asked(cluster, following(cluster), "DELETE", `peer?id=${id}`);
    assert.deepEqual([status, text], [200, ""]);
    const { server } = leader.running!.agent;
    await cluster.world.until("it steps down", () => server?.statistics().raft?.state !== "Leader", seconds(5));
    const isOther = () => cluster.leader !== undefined && cluster.leader !== server;
    await cluster.world.until("another leads", isOther, seconds(10));
    const areThree = () => cluster.leader?.statistics().raft?.num_peers === "2";
    await cluster.world.until("all three vote", areThree, minutes(2));
    assert.equal((await listed(cluster, leading(cluster))).find(({ ID }) => ID === id)?.Voter, true);
  });
});
