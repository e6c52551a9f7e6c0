import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Agents, type TestAgent } from "./support/agents.ts";
import { eventually, plain } from "./support/nomad.ts";
import { scaled } from "./support/scale.ts";

/** What clients tell of their tasks, asked of agents that do not run them: a server and two clients as processes. */

const job = `
job "talk" {
  datacenters = ["dc1"]
  group "app" {
    count = 2
    constraint { distinct_hosts = true }
    task "talk" {
      driver = "raw_exec"
      config { command = "/bin/sh" args = ["-c", "echo begin; echo text > local/note; truncate -s 256M local/large; echo $$ > local/pid; while true; do echo line; sleep 0.2; done"] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;

interface Allocation {
  readonly ID: string;
  readonly NodeID: string;
  readonly ClientStatus: string;
}

interface Cluster {
  readonly server: TestAgent;
  readonly clients: readonly TestAgent[];
  readonly allocations: readonly Allocation[];
}

async function withCluster(use: (cluster: Cluster) => Promise<void>): Promise<void> {
  const agents = await Agents.begin();
  try {
    const server = await agents.start({ name: "s1", settings: "server { enabled = true bootstrap_expect = 1 }" });
    await server.knowsLeader();
    const settings = `client { enabled = true network_interface = "lo" servers = ["${server.rpc}"]
      options { "driver.raw_exec.enable" = "1" } }`;
    const clients = [await agents.start({ name: "c1", settings }), await agents.start({ name: "c2", settings })];
    await server.seen<{ Status: string }[]>("two nodes are ready", "/v1/nodes", (nodes) => {
      return nodes.filter(({ Status }) => Status === "ready").length === 2;
    });
    const ran = await server.nomad("run", "-detach", await agents.file("talk.nomad", job));
    assert.equal(ran.code, 0, ran.stderr);
    const allocations = await server.seen<Allocation[]>("both run", "/v1/job/talk/allocations", (all) => {
      return all.length === 2 && all.every(({ ClientStatus }) => ClientStatus === "running");
    });
    await use({ server, clients, allocations });
  } finally {
    await agents.dispose();
  }
}

/** The first bytes of an answer that goes on, and a way to leave it. */
async function following(agent: TestAgent, path: string): Promise<{ text: string; leave(): void }> {
  const leaving = new AbortController();
  const answer = await agent.ask(path, { signal: leaving.signal });
  assert.equal(answer.status, 200);
  let text = "";
  for await (const piece of answer.body ?? []) {
    text += Buffer.from(piece);
    if (text.length > 200) break;
  }
  return { text, leave: () => leaving.abort() };
}

function descriptors(agent: TestAgent): number {
  return readdirSync(`/proc/${agent.pid}/fd`).length;
}

test("a server and each client answer for the allocations and the machine of every node", () =>
  withCluster(async ({ server, clients, allocations }) => {
    for (const { ID, NodeID } of allocations) {
      for (const agent of [server, ...clients]) {
        const text = async (path: string) => (await agent.ask(path)).text();
        assert.equal(await text(`/v1/client/fs/cat/${ID}?path=talk/local/note`), "text\n");
        assert.equal(await text(`/v1/client/fs/readat/${ID}?path=talk/local/note&offset=1&limit=2`), "ex");
        const listed = await agent.get<{ Name: string }[]>(`/v1/client/fs/ls/${ID}?path=/`);
        assert.deepEqual(
          listed.map(({ Name }) => Name),
          ["alloc", "talk"],
        );
        assert.equal((await agent.get<{ Size: number }>(`/v1/client/fs/stat/${ID}?path=talk/local/note`)).Size, 5);
        await agent.seen<{ ResourceUsage: { MemoryStats: { RSS: number } } }>(
          "usage",
          `/v1/client/allocation/${ID}/stats`,
          ({ ResourceUsage }) => ResourceUsage.MemoryStats.RSS > 0,
        );
        await agent.seen<{ Uptime: number } | null>(
          "host statistics",
          `/v1/client/stats?node_id=${NodeID}`,
          (stats) => (stats?.Uptime ?? 0) > 0,
        );
        const frames = await text(`/v1/client/fs/logs/${ID}?task=talk&type=stdout&follow=false`);
        assert.match(frames, /^\{"Data":"YmVnaW4K/);
      }
    }
    const [first, second] = allocations as [Allocation, Allocation];
    assert.notEqual(first.NodeID, second.NodeID);
    for (const agent of [server, ...clients]) {
      const shown = await agent.nomad("alloc-status", "-stats", first.ID.slice(0, 8));
      assert.match(plain(shown.stdout), /Memory Stats[\s\S]*RSS/);
      assert.match((await agent.nomad("logs", first.ID.slice(0, 8), "talk")).stdout, /^begin\nline\n/);
      assert.equal((await agent.nomad("fs", second.ID.slice(0, 8), "talk/local/note")).stdout, "text\n");
    }
  }));

const follows = scaled({ merge: 100, release: 1_000 });

test(`R31, T18: ${follows} follows through a server that are broken off leave no descriptor on it or on the node`, () =>
  withCluster(async ({ server, clients, allocations }) => {
    const [{ ID }] = allocations as [Allocation];
    const path = `/v1/client/fs/logs/${ID}?task=talk&type=stdout&follow=true`;
    const agents = [server, ...clients];
    for (const { leave } of [await following(server, path)]) leave();
    const counts = () => agents.map(descriptors);
    const before = counts();
    for (let round = 0; round < follows / 10; round++) {
      const some = await Promise.all(Array.from({ length: 10 }, () => following(server, path)));
      for (const { text } of some) assert.match(text, /"File":"alloc\/logs\/talk.stdout.0"/);
      for (const { leave } of some) leave();
    }
    await eventually(`as few descriptors as before: ${before}`, () => {
      const now = counts();
      return now.every((count, at) => count <= (before[at] as number)) || undefined;
    });
  }));

test("a follow through a server ends when the node's agent is gone, and the node is told to be away", () =>
  withCluster(async ({ server, clients, allocations }) => {
    const [{ ID, NodeID }] = allocations as [Allocation];
    const path = `/v1/client/fs/logs/${ID}?task=talk&type=stdout&follow=true`;
    const answer = await server.ask(path);
    const ended = (async () => {
      let text = "";
      for await (const piece of answer.body ?? []) text += Buffer.from(piece);
      return text;
    })();
    ended.catch(() => undefined);
    const named = await server.get<{ Name: string }>(`/v1/node/${NodeID}`);
    const holder = clients.find(({ name }) => name === named.Name);
    const task = Number(await (await server.ask(`/v1/client/fs/cat/${ID}?path=talk/local/pid`)).text());
    try {
      await holder?.kill();
      await assert.rejects(ended, "an answer that is not whole is broken off");
      const away = await server.ask(path);
      assert.equal(away.status, 404);
      assert.match(await away.text(), new RegExp(`^No path to node "${NodeID}"`));
    } finally {
      process.kill(task, "SIGKILL");
      holder?.restart();
    }
  }));

test("who takes nothing of an answer through a server makes neither the server nor the node hold it", () =>
  withCluster(async ({ server, clients, allocations }) => {
    const [{ ID }] = allocations as [Allocation];
    const size = 256;
    const made = await eventually("the file is made", async () => {
      const stat = await server
        .get<{ Size: number }>(`/v1/client/fs/stat/${ID}?path=talk/local/large`)
        .catch(() => undefined);
      return stat?.Size === size * 2 ** 20 || undefined;
    });
    assert.ok(made);
    const agents = [server, ...clients];
    const memory = () => agents.map(({ pid }) => residentMB(pid));
    await (await server.ask(`/v1/client/fs/cat/${ID}?path=talk/local/note`)).text();
    const before = memory();
    const port = Number(new URL(server.address).port);
    const readers = Array.from({ length: 8 }, () => {
      const socket = connect(port, "127.0.0.1");
      socket.write(`GET /v1/client/fs/cat/${ID}?path=talk/local/large HTTP/1.1\r\nHost: s\r\n\r\n`);
      return socket;
    });
    // The first bytes show that all is under way; then nobody reads on.
    await Promise.all(readers.map((socket) => once(socket, "readable")));
    await setTimeout(2_000);
    const grown = memory().map((now, at) => now - (before[at] as number));
    for (const socket of readers) socket.destroy();
    for (const more of grown)
      assert.ok(more < size / 2, `${grown} MB more for ${readers.length * size} MB that nobody takes`);
  }));

function residentMB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;
}
