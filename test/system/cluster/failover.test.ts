import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { JobWriters, jobsAt, register, shellJob } from "../support/job-writers.ts";
import { eventually } from "../support/nomad.ts";
import { RunRecords } from "../support/run-records.ts";
import { scaled } from "../support/scale.ts";
import { TestHosts } from "../support/test-hosts.ts";

/** Three servers and two clients of the built command, whose leader is killed again and again. */

const KILLS = 10;
const KILLS_ON_HOSTS = scaled({ merge: 3, release: 30 });

const obstacle = await TestHosts.obstacle();
const skip = obstacle !== undefined && `cannot make hosts: ${obstacle}`;

test("leaders killed ten times in turn lose no write and no job, run nothing twice, and are replaced in less than a second", async (t) => {
  const cluster = await Cluster.start({ servers: 3, clients: 2 });
  const records = new RunRecords(cluster.directory);
  const real: string[] = [];
  const outages: number[] = [];
  let users: JobWriters | undefined;
  try {
    await cluster.ready(2, await cluster.leader());
    users = new JobWriters(cluster, { writers: 4 });
    const writers = users;
    for (let kill = 0; kill < KILLS; kill++) {
      const leader = await cluster.leader();
      real.push(`real-${kill}`);
      await register(cluster, leader, shellJob(`real-${kill}`, records.script));
      await writers.firstSince(performance.now());

      outages.push(await killAndReturn(cluster, leader, writers));
    }
    await writers.stop();
    t.diagnostic(`kill to next accepted write, in ms: ${outages.map((time) => time.toFixed(0)).join(" ")}`);
    t.diagnostic(`${writers.acknowledged.length} writes were acknowledged`);
    assert.deepEqual(writers.failed, [], "every user was served within ten seconds");
    await allThere(cluster, [...writers.acknowledged.map(({ job }) => job), ...real]);
    for (const job of real) await cluster.running(job, 1, await cluster.leader());
    assert.deepEqual(await records.violations(), []);
    assert.equal((await records.read()).filter(({ what }) => what === "start").length, KILLS);

    await Promise.all(cluster.servers.map((server) => cluster.kill(server)));
    await Promise.all(cluster.servers.map((server) => cluster.restart(server)));
    await cluster.leader();
    await allThere(cluster, [...writers.acknowledged.map(({ job }) => job), ...real]);
    assert.deepEqual(await records.violations(), []);
    assert.ok(median(outages) < 1000, `the median was ${median(outages)} ms`);
  } finally {
    await users?.stop();
    await cluster.dispose();
  }
});

test("on hosts of their own too, a leader that is killed is replaced within seconds", {
  skip,
  timeout: 600_000,
}, async (t) => {
  const hosts = await TestHosts.make(3);
  const outages: number[] = [];
  let cluster: Cluster | undefined;
  let writers: JobWriters | undefined;
  try {
    cluster = await Cluster.start({ servers: 3, clients: 0, hosts });
    await cluster.leader();
    writers = new JobWriters(cluster, { writers: 4 });
    for (let kill = 0; kill < KILLS_ON_HOSTS; kill++) {
      await writers.firstSince(performance.now());
      outages.push(await killAndReturn(cluster, await cluster.leader(), writers));
    }
    await writers.stop();
    t.diagnostic(`kill to next accepted write, in ms: ${outages.map((time) => time.toFixed(0)).join(" ")}`);
    assert.deepEqual(writers.failed, [], "every user was served within ten seconds");
    const written = writers.acknowledged.map(({ job }) => job);
    await allThere(cluster, written);
    assert.ok(median(outages) <= 2000, `the median was ${median(outages)} ms`);
    assert.ok(Math.max(...outages) <= 5000, `the longest was ${Math.max(...outages)} ms`);
  } finally {
    await writers?.stop();
    await cluster?.dispose();
    await hosts.dispose();
  }
});

/** How long no write was accepted, in milliseconds, after `leader` was killed; then it is back and level with the others. */
async function killAndReturn(cluster: Cluster, leader: string, writers: JobWriters): Promise<number> {
  const killedAt = performance.now();
  await cluster.kill(leader);
  const next = await writers.firstSince(killedAt);
  await cluster.restart(leader);
  const { applied: written } = await cluster.raft(await cluster.leader());
  await eventually(`${leader} has caught up`, async () => {
    const here = await cluster.raft(leader).catch(() => undefined);
    return (here !== undefined && here.applied >= written) || undefined;
  });
  return next.at - killedAt;
}

/** Every server, once level with the others, has all of these jobs. */
async function allThere(cluster: Cluster, jobs: readonly string[]): Promise<void> {
  await cluster.level();
  for (const server of cluster.servers) {
    const present = await jobsAt(cluster, server, "?stale");
    assert.deepEqual(
      jobs.filter((job) => !present.has(job)),
      [],
      `lost at ${server}`,
    );
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}
