import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/nomad.ts";

/** Three servers and two clients of the built command, in real processes. */

const job = `
job "web" {
  datacenters = ["dc1"]
  group "app" {
    count = 2
    task "server" {
      driver = "raw_exec"
      config { command = "/bin/sleep" args = ["3600"] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;

test("three servers find each other, elect a leader, run a job, and survive the loss of their leader", async () => {
  const cluster = await Cluster.start({ servers: 3, clients: 2 });
  try {
    const first = await cluster.leader();
    await cluster.ready(2, first);
    const file = await cluster.file("web.nomad", job);
    const ran = await cluster.nomad(["run", file], first);
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    const before = await cluster.running("web", 2, first);

    await cluster.kill(first);
    const second = await cluster.leader();
    assert.notEqual(second, first);
    assert.equal((await cluster.nomad(["status", "web"], second)).code, 0);
    const after = await cluster.running("web", 2, second);
    assert.deepEqual(after, before, "no task was touched");

    await cluster.restart(first);
    await eventually("the killed server is alive again", async () => {
      const members = await cluster.nomad(["server-members"], second);
      return members.stdout.split("\n").filter((line) => / alive /.test(line)).length === 3 || undefined;
    });
    await eventually("the killed server answers again", async () => {
      const asked = await cluster.nomad(["status", "web"], first);
      return asked.code === 0 || undefined;
    });
  } finally {
    await cluster.dispose();
  }
});

test("all servers killed at once and started again have lost nothing that was acknowledged", async () => {
  const cluster = await Cluster.start({ servers: 3, clients: 0 });
  try {
    const leader = await cluster.leader();
    const names = Array.from({ length: 10 }, (_, number) => `job-${number}`);
    for (const name of names) {
      const file = await cluster.file(`${name}.nomad`, job.replace('"web"', `"${name}"`));
      assert.equal((await cluster.nomad(["run", "-detach", file], leader)).code, 0);
    }
    await Promise.all(cluster.servers.map((server) => cluster.kill(server)));
    await Promise.all(cluster.servers.map((server) => cluster.restart(server)));
    const again = await cluster.leader();
    const status = await cluster.nomad(["status"], again);
    for (const name of names) assert.match(status.stdout, new RegExp(`^${name} `, "m"));
  } finally {
    await cluster.dispose();
  }
});

test("a server whose RPC port is taken says which, and starts nothing", async () => {
  const cluster = await Cluster.start({ servers: 1, clients: 0 });
  try {
    await cluster.leader();
    const second = await cluster.startAgain("s1");
    assert.equal(second.code, 1);
    assert.match(
      second.stderr,
      /server setup failed: Failed to start (serf|RPC layer): listen tcp 127\.0\.0\.1:\d+: bind: address already in use/,
    );
  } finally {
    await cluster.dispose();
  }
});

test("a server that has lost its disk comes back in its place as another one, and its vote counts", async () => {
  const cluster = await Cluster.start({ servers: 3, clients: 0 });
  try {
    const leader = await cluster.leader();
    const file = await cluster.file("web.nomad", job);
    assert.equal((await cluster.nomad(["run", "-detach", file], leader)).code, 0);
    const [lost, other] = cluster.servers.filter((server) => server !== leader) as [string, string];
    const before = await idOf(cluster, lost);
    await cluster.kill(lost);
    await cluster.wipe(lost);
    await cluster.restart(lost);
    const after = await eventually("it is another server", async () => {
      const id = await idOf(cluster, lost);
      return id === before ? undefined : id;
    });
    assert.match(after, /^[0-9a-f-]{36}$/);
    await eventually("it has what was written, and all three vote", async () => {
      const job = await cluster.get(lost, "/v1/job/web?stale");
      const self = await cluster.get<{ stats: { raft: { num_peers: string } } }>(lost, "/v1/agent/self");
      return (job !== undefined && self?.stats.raft.num_peers === "2") || undefined;
    });
    await cluster.kill(other);
    assert.equal((await cluster.nomad(["stop", "-detach", "web"], leader)).code, 0, "two of three are enough");
  } finally {
    await cluster.dispose();
  }
});

/** The name by which Raft knows a server. */
async function idOf(cluster: Cluster, server: string): Promise<string> {
  const members = await cluster.nomad(["server-members", "-detailed"], await cluster.leader());
  return new RegExp(`^${server}\\.global .*\\bid=([^,\\s]+)`, "m").exec(members.stdout)?.[1] ?? "";
}
