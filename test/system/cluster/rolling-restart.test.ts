import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { JobWriters, jobsAt, register, shellJob } from "../support/job-writers.ts";
import { eventually } from "../support/nomad.ts";
import { RunRecords } from "../support/run-records.ts";
import { scaled } from "../support/scale.ts";

const ROUNDS = scaled({ merge: 1, release: 5 });

test("restarting three servers and three clients in turn fails no write and touches no task", {
  timeout: ROUNDS * 120_000 + 60_000,
}, async (t) => {
  const cluster = await Cluster.start({ servers: 3, clients: 3 });
  let users: JobWriters | undefined;
  const records = new RunRecords(cluster.directory);
  try {
    await cluster.ready(3, await cluster.leader());
    users = new JobWriters(cluster, { writers: 2, patience: 10_000 });
    const writers = users;
    await register(cluster, await cluster.leader(), shellJob("steady", records.script, 3));
    const before = await cluster.running("steady", 3, await cluster.leader());
    await eventually("tasks have begun", async () => (await records.read()).length === 3 || undefined);

    for (let round = 0; round < ROUNDS; round++) {
      for (const server of cluster.servers) {
        await cluster.end(server, "SIGTERM");
        const { applied } = await cluster.raft(await cluster.leader());
        await cluster.restart(server);
        await eventually(`${server} has caught up`, async () => {
          const here = await cluster.raft(server).catch(() => undefined);
          return (here !== undefined && here.applied >= applied) || undefined;
        });
      }
    }
    assert.deepEqual(await cluster.running("steady", 3, await cluster.leader()), before);
    assert.equal((await records.read()).length, 3, "no task was started or stopped");

    for (const client of cluster.clients) {
      await cluster.end(client, "SIGTERM");
      await writers.firstSince(performance.now());
      await cluster.restart(client);
      await cluster.ready(3, await cluster.leader());
    }
    assert.deepEqual(await cluster.running("steady", 3, await cluster.leader()), before);
    assert.equal((await records.read()).length, 3, "no task was started or stopped");
    await writers.stop();
    t.diagnostic(`${writers.acknowledged.length} writes accepted, ${writers.failed.length} failed`);
    assert.deepEqual(writers.failed, []);
    await cluster.level();
    const present = await jobsAt(cluster, await cluster.leader());
    assert.deepEqual(
      writers.acknowledged.filter(({ job }) => !present.has(job)),
      [],
    );
  } finally {
    await users?.stop();
    await cluster.dispose();
  }
});
