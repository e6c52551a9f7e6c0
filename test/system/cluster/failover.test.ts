import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { JobWriters, jobsAt, register, shellJob } from "../support/job-writers.ts";
import { eventually } from "../support/nomad.ts";
import { RunRecords } from "../support/run-records.ts";

/** Three servers and two clients of the built command, whose leader is killed again and again. */

const KILLS = 10;

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

      const killedAt = performance.now();
      await cluster.kill(leader);
      const next = await writers.firstSince(killedAt);
      outages.push(next.at - killedAt);

      await cluster.restart(leader);
      const { applied: written } = await cluster.raft(await cluster.leader());
      await eventually(`${leader} has caught up`, async () => {
        const here = await cluster.raft(leader).catch(() => undefined);
        return (here !== undefined && here.applied >= written) || undefined;
      });
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
