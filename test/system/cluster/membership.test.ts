import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { JobWriters, jobsAt } from "../support/job-writers.ts";
import { LeaderWatch } from "../support/leader-watch.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";

/** Servers that go for good and come back as others, one after the other, until none of the first is left. */

const ROUNDS = scaled({ merge: 1, release: 20 });

/** How a server goes; each leaves it without anything that it had kept. */
const ways = {
  "it leaves": async (cluster: Cluster, server: string) => {
    await cluster.end(server, "SIGINT");
  },
  "it dies and is forced to leave": async (cluster: Cluster, server: string) => {
    await cluster.kill(server);
    const leader = await cluster.leader();
    await eventually(
      `${server} is seen as failed`,
      async () => (await cluster.members(leader, "failed")).includes(server) || undefined,
      60,
    );
    const forced = await cluster.nomad(["server-force-leave", `${server}.global`], leader);
    assert.equal(forced.code, 0, forced.stderr);
  },
  "it dies, and its disk with it": async (cluster: Cluster, server: string) => {
    await cluster.kill(server);
  },
};

/** That a server is dead, and not only slow, is found out after most of a minute: too long for every change. */
const soon = ["it leaves", "it dies, and its disk with it"];
const tried = ROUNDS > 1 ? Object.keys(ways) : soon;

test("all three servers are replaced one by one under load: no write is lost, no term has two leaders", {
  timeout: ROUNDS * 180_000 + 60_000,
}, async (t) => {
  const cluster = await Cluster.start({ servers: 3, clients: 0, settings: "leave_on_interrupt = true" });
  let users: JobWriters | undefined;
  const watch = new LeaderWatch(cluster);
  try {
    await voters(cluster);
    users = new JobWriters(cluster, { writers: 2, patience: 30_000, answerTime: 6000 });
    const writers = users;
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, server] of cluster.servers.entries()) {
        const how = tried[(at + round) % tried.length] as keyof typeof ways;
        await t.test(`round ${round}: ${server} is replaced when ${how}`, async () => {
          const before = (await voters(cluster)).get(server);
          await ways[how](cluster, server);
          await writers.firstSince(performance.now());
          await cluster.wipe(server);
          await cluster.restart(server);
          const isAnother = async () => (await voters(cluster)).get(server) !== before || undefined;
          await eventually(`another ${server} votes`, isAnother, 60);
        });
      }
    }
    await writers.stop();
    assert.deepEqual(writers.failed, []);
    await cluster.level();
    for (const server of cluster.servers) {
      const present = await jobsAt(cluster, server, "?stale");
      assert.deepEqual(
        writers.acknowledged.filter(({ job }) => !present.has(job)),
        [],
        `lost at ${server}`,
      );
    }
    t.diagnostic(`${writers.acknowledged.length} writes, ${await watch.stop()} terms`);
  } finally {
    await watch.stop();
    await users?.stop();
    await cluster.dispose();
  }
});

/** Ids of the three servers that vote, by name, once there are three with these names. */
function voters(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  return eventually(
    "three servers vote",
    async () => {
      const leader = await cluster.leader();
      const answer = await cluster.get<{ Servers: { ID: string; Node: string; Voter: boolean }[] }>(
        leader,
        "/v1/operator/raft/configuration",
      );
      const voting = (answer?.Servers ?? []).filter(({ Voter }) => Voter);
      const named = new Map(voting.map(({ ID, Node }) => [Node.split(".")[0] as string, ID]));
      const isWhole = voting.length === 3 && cluster.servers.every((server) => named.has(server));
      return isWhole ? named : undefined;
    },
    60,
  );
}
