import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/nomad.ts";

/** What operators do to a cluster of three, with the built command in real processes. */

const job = (name: string) => `
job "${name}" {
  datacenters = ["dc1"]
  group "app" {
    task "server" {
      driver = "raw_exec"
      config { command = "/bin/sleep" args = ["3600"] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;

const names = Array.from({ length: 5 }, (_, number) => `job-${number}`);

async function jobsKnownTo(cluster: Cluster, server: string): Promise<readonly string[]> {
  const jobs = (await cluster.get<{ ID: string }[]>(server, "/v1/jobs?stale")) ?? [];
  return jobs.map(({ ID }) => ID).sort();
}

test("a snapshot that a follower saved brings every job back to a cluster that has lost all its disks", async () => {
  const cluster = await Cluster.start({ servers: 3, clients: 1 });
  try {
    const leader = await cluster.leader();
    await cluster.ready(1, leader);
    for (const name of names) {
      const file = await cluster.file(`${name}.nomad`, job(name));
      assert.equal((await cluster.nomad(["run", "-detach", file], leader)).code, 0);
    }
    for (const name of names) await cluster.running(name, 1, leader);
    const follower = cluster.servers.find((name) => name !== leader)!;
    const saved = await cluster.nomad(["operator", "snapshot", "save", "backup.snap"], follower);
    assert.deepEqual([saved.code, saved.stdout], [0, "State file written to backup.snap\n"], saved.stderr);
    const inspected = await cluster.nomad(["operator", "snapshot", "inspect", "backup.snap"], follower);
    assert.match(inspected.stdout, /^ID {7}\d+-\d+-\d+\nSize {5}\d+\nIndex {4}\d+\nTerm {5}\d+\nVersion {2}1\n\nType /);
    assert.match(inspected.stdout, /\nJob {14}5 {6}\S/);

    for (const server of cluster.servers) await cluster.kill(server);
    for (const server of cluster.servers) await cluster.wipe(server);
    for (const server of cluster.servers) await cluster.restart(server);
    const founder = await cluster.leader();
    assert.deepEqual(await jobsKnownTo(cluster, founder), []);
    const asked = cluster.servers.find((name) => name !== founder)!;
    const restored = await cluster.nomad(["operator", "snapshot", "restore", "backup.snap"], asked);
    assert.deepEqual([restored.code, restored.stdout], [0, "Snapshot Restored\n"], restored.stderr);
    for (const server of cluster.servers) {
      await eventually(`${server} knows every job`, async () => {
        return (await jobsKnownTo(cluster, server)).join() === names.join() || undefined;
      });
    }
    const next = await cluster.leader();
    await cluster.ready(1, next);
    for (const name of names) await cluster.running(name, 1, next);
  } finally {
    await cluster.dispose();
  }
});

test("a damaged file is refused, and nothing is changed", async () => {
  const cluster = await Cluster.start({ servers: 1, clients: 0 });
  try {
    const server = await cluster.leader();
    const file = await cluster.file("kept.nomad", job("kept"));
    assert.equal((await cluster.nomad(["run", "-detach", file], server)).code, 0);
    await cluster.file("foreign.snap", "no snapshot");
    const restored = await cluster.nomad(["operator", "snapshot", "restore", "foreign.snap"], server);
    assert.equal(restored.code, 1);
    assert.match(restored.stderr, /^Failed to restore snapshot: .*400 \(Cannot read the snapshot: /);
    assert.deepEqual(await jobsKnownTo(cluster, server), ["kept"]);
    assert.equal(await cluster.leader(), server);
  } finally {
    await cluster.dispose();
  }
});

test("leadership goes where it is sent, and only a server that Raft counts can be removed", async () => {
  const cluster = await Cluster.start({ servers: 3, clients: 0 });
  try {
    const leader = await cluster.leader();
    const listed = async (server: string) => {
      const { stdout } = await cluster.nomad(["operator", "raft", "list-peers"], server);
      const [, ...rows] = stdout.trim().split("\n");
      return rows.map((row) => row.split(/ {2,}/));
    };
    const heir = cluster.servers.find((name) => name !== leader)!;
    const row = (await eventually("all three vote", async () => {
      const rows = await listed(heir);
      return (rows.length === 3 && rows.every(([, , , , voter]) => voter === "true")) || undefined
        ? rows.find(([node]) => node === `${heir}.global`)
        : undefined;
    }))!;
    const transferred = await cluster.nomad(["operator", "raft", "transfer-leadership", `-peer-id=${row[1]}`], leader);
    assert.equal(transferred.code, 0, transferred.stderr);
    assert.equal(await cluster.leader(), heir);

    const removed = await cluster.nomad(["operator", "raft", "remove-peer", "-peer-address=127.0.0.1:1"], leader);
    assert.equal(removed.code, 1);
    assert.match(
      removed.stderr,
      /^Error removing peer: .*address "127\.0\.0\.1:1" was not found in the Raft configuration/,
    );
  } finally {
    await cluster.dispose();
  }
});
