import assert from "node:assert/strict";
import { test } from "node:test";
import { readArchive } from "../../api/index.ts";
import { milliseconds, minutes, seconds } from "../../base/index.ts";
import type { Server } from "../../server/index.ts";
import { digest } from "../../state/index.ts";
import type { SimAgent } from "../sim-agent.ts";
import { SimCluster } from "../sim-cluster.ts";
import { World } from "../world.ts";

const here = { region: "", stale: false };
const never = new AbortController().signal;

async function inThree(seed: string, clients: number, act: (cluster: SimCluster) => Promise<void>): Promise<void> {
  const world = new World(seed);
  try {
    const cluster = new SimCluster(world, { servers: 3, clients });
    await cluster.converge(minutes(1));
    await act(cluster);
  } finally {
    await world.close();
  }
}

const leading = ({ servers, leader }: SimCluster): SimAgent =>
  servers.find(({ running }) => running?.agent.server === leader)!;

const following = (cluster: SimCluster): SimAgent => cluster.servers.find((server) => server !== leading(cluster))!;

const serverOf = ({ running }: SimAgent): Server => running!.agent.server!;

async function asked({ world, servers }: SimCluster, method: string, target: string, body?: unknown): Promise<void> {
  const { agent } = servers.find(({ running }) => running !== undefined)!.running!;
  const answer = await world.ask(agent, { method, target, body });
  assert.equal(answer.status, 200, answer.text);
}

/** A job of two allocations, or of none where there are no clients. */
const register = (cluster: SimCluster, ID: string) => {
  const TaskGroups = [{ ...group, Count: cluster.clients.length > 0 ? 2 : 0 }];
  return asked(cluster, "PUT", "/v1/jobs", {
    Job: { ID, Name: ID, Datacenters: ["dc1"], Type: "service", TaskGroups },
  });
};

/** The state in the snapshot that a server gives. What is packed is unpacked while the world stands still. */
async function saved({ world }: SimCluster, server: Server): Promise<readonly Uint8Array[]> {
  const archive: Uint8Array[] = [];
  const save = async () => {
    for await (const piece of (await server.snapshots.save(here, never)).archive) archive.push(piece);
  };
  await world.settled(save());
  const state: Uint8Array[] = [];
  for await (const piece of readArchive(given(archive), { maxStateBytes: 1e9 })) state.push(Buffer.from(piece));
  return state;
}

async function* given(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces;
}

const jobsOf = (server: Server): string[] => [...server.state.view().jobs.all()].map(({ ID }) => ID).sort();

test("what was saved is restored on every server and every client, also on a server that was down meanwhile", async () => {
  await inThree("save-restore", 2, async (cluster) => {
    const { world } = cluster;
    await register(cluster, "kept");
    await cluster.converge(minutes(1));
    const state = await saved(cluster, serverOf(following(cluster)));
    await asked(cluster, "DELETE", "/v1/job/kept");
    await register(cluster, "later");
    await cluster.converge(minutes(1));
    const away = following(cluster);
    away.crash();
    const asker = cluster.servers.find((server) => server !== away && server !== leading(cluster))!;
    const before = cluster.leader!.state.view().index;
    const index = await world.settled(serverOf(asker).snapshots.restore(given(state), here, never));
    assert.ok(index > before, `${index} after ${before}`);
    await world.until("one leads again", () => cluster.leader !== undefined, seconds(30));
    await register(cluster, "new");
    world.restart(away);
    await cluster.converge(minutes(2));
    for (const server of cluster.servers) assert.deepEqual(jobsOf(serverOf(server)), ["kept", "new"]);
    const running = [...cluster.leader!.state.view().allocations.all()].filter(
      ({ ClientStatus }) => ClientStatus === "running",
    );
    assert.deepEqual(running.map(({ JobID }) => JobID).sort(), ["kept", "kept", "new", "new"]);
  });
});

test("whoever waits for a change of what a restore replaces is answered at once", async () => {
  await inThree("blocking", 0, async (cluster) => {
    const { world } = cluster;
    await register(cluster, "kept");
    const server = serverOf(leading(cluster));
    const state = await saved(cluster, server);
    const { index } = server.state.view();
    const { agent } = following(cluster).running!;
    const target = (path: string) => `${path}?stale&index=${index}&wait=5m`;
    const waiting = ["/v1/jobs", "/v1/job/kept"].map((path) =>
      world.ask(agent, { method: "GET", target: target(path) }),
    );
    await world.pass(seconds(1));
    const restored = world.time.now();
    await world.settled(server.snapshots.restore(given(state), here, never));
    const answers = await world.settled(Promise.all(waiting));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    );
    assert.ok(world.time.now() - restored < seconds(5), "within seconds");
  });
});

test("a state that cannot be read changes nothing, whoever is asked", async () => {
  await inThree("damaged", 0, async (cluster) => {
    await register(cluster, "kept");
    const state = Buffer.concat(await saved(cluster, serverOf(leading(cluster))));
    await register(cluster, "later");
    await cluster.converge(minutes(1));
    const damaged = Buffer.from(state);
    damaged[damaged.length - 20]! ^= 1;
    const { leader } = cluster;
    for (const asker of [leading(cluster), following(cluster)]) {
      for (const bytes of [damaged, state.subarray(0, -1), Buffer.from("no state at all")]) {
        const restoring = serverOf(asker).snapshots.restore(given([bytes]), here, never);
        await assert.rejects(cluster.world.settled(restoring), /Cannot read a snapshot of the state/);
      }
    }
    assert.equal(cluster.leader, leader);
    for (const server of cluster.serving) assert.deepEqual(jobsOf(server), ["kept", "later"]);
  });
});

test("a crash at any moment of a restore leaves the old state or the new one, the same on every server", async () => {
  const outcomes = new Set<string>();
  for (let moment = 0; moment < 14; moment++) {
    await inThree(`crash-${moment}`, 0, async (cluster) => {
      const { world } = cluster;
      await register(cluster, "kept");
      const leader = leading(cluster);
      const state = await saved(cluster, serverOf(leader));
      await register(cluster, "later");
      // It is not known to whoever asked: the answer may be lost.
      serverOf(leader)
        .snapshots.restore(given(state), here, never)
        .catch(() => undefined);
      await world.pass(milliseconds(moment));
      const struck = moment % 2 === 0 ? cluster.servers : [leader];
      for (const server of struck) server.crash();
      await world.pass(seconds(5));
      for (const server of struck) world.restart(server);
      await cluster.converge(minutes(2));
      const [first, ...others] = cluster.serving;
      for (const other of others) assert.equal(digest(other.state.view()), digest(first!.state.view()));
      outcomes.add(jobsOf(first!).join(" "));
    });
  }
  assert.deepEqual([...outcomes].sort(), ["kept", "kept later"]);
});

const group = {
  Name: "app",
  Tasks: [{ Name: "server", Driver: "mock", Config: { run_for: "10h" }, Resources: { CPU: 100, MemoryMB: 64 } }],
};
