import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { emptyJob, JobWriters, jobsAt, register } from "../support/job-writers.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";

/** Servers that stand still and go on, as a machine that is suspended or short of everything. */

const ROUNDS = scaled({ merge: 1, release: 10 });
/** Seconds: several elections are due meanwhile. */
const PAUSE = scaled({ merge: 4, release: 60 });
/** How long a server that stands still is waited for, in milliseconds. */
const PATIENCE = 60_000;
/** Seconds after the return in which nothing is to happen. */
const CALM = 3;

test("T49: who stood still comes back as a follower, disturbs nobody, and answers nothing of what it knew as a leader", {
  timeout: ROUNDS * 2 * (PAUSE + 60) * 1000,
}, async (t) => {
  const cluster = await Cluster.start({ servers: 3, clients: 0 });
  let users: JobWriters | undefined;
  try {
    await cluster.leader();
    users = new JobWriters(cluster, { writers: 1, answerTime: 2000 });
    const writers = users;
    for (let round = 0; round < ROUNDS; round++) {
      const leader = await cluster.leader();
      const follower = cluster.servers.find((server) => server !== leader) as string;
      const { term } = await cluster.raft(leader);

      await standStill(cluster, follower, () => leader);
      assert.deepEqual(await leaderAndTerm(cluster), { leader, term }, `after a follower's return, round ${round}`);

      let other = { leader, term };
      let asked: Promise<readonly Asked[]> = Promise.resolve([]);
      await standStill(cluster, leader, async () => {
        other = await leaderAndTerm(cluster, leader);
        const news = `news-${round}`;
        await register(cluster, other.leader, emptyJob(news));
        asked = askFor(news, cluster, leader);
        return other.leader;
      });
      for (const { path, status, isThere } of await asked) {
        const knows = status === 200 && isThere;
        assert.ok(knows || status >= 500, `${path}, asked while ${leader} stood still: ${status} without the job`);
      }
      assert.deepEqual(await leaderAndTerm(cluster), other, `after a leader's return, round ${round}`);
      assert.ok(other.term > term);
    }
    await writers.stop();
    assert.deepEqual(writers.failed, []);
    t.diagnostic(`${2 * ROUNDS} pauses of ${PAUSE} s: 0 elections after a return`);
    await cluster.level();
    for (const server of cluster.servers) {
      const present = await jobsAt(cluster, server, "?stale");
      assert.deepEqual(
        writers.acknowledged.filter(({ job }) => !present.has(job)),
        [],
      );
    }
  } finally {
    await users?.stop();
    await cluster.dispose();
  }
});

/** Pauses a server, lets it go on, and waits until it follows again and a calm time has passed. */
async function standStill(cluster: Cluster, server: string, leading: () => Promise<string> | string): Promise<void> {
  cluster.pause(server);
  await seconds(PAUSE);
  const leader = await leading();
  const { applied } = await cluster.raft(leader);
  cluster.resume(server);
  await eventually(`${server} follows again`, async () => {
    const here = await cluster.raft(server).catch(() => undefined);
    return (here?.state === "Follower" && here.applied >= applied) || undefined;
  });
  await seconds(CALM);
}

interface Asked {
  readonly path: string;
  readonly status: number;
  readonly isThere: boolean;
}

/** Asks a server for a job, by paths that promise the present state. One that stands still answers when it goes on. */
function askFor(job: string, cluster: Cluster, server: string): Promise<readonly Asked[]> {
  const paths = [`/v1/job/${job}?consistent`, `/v1/job/${job}`, "/v1/jobs?consistent", "/v1/jobs"];
  return Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`${cluster.address(server)}${path}`, { signal: AbortSignal.timeout(PATIENCE) });
      return { path, status: answer.status, isThere: (await answer.text()).includes(`"${job}"`) };
    }),
  );
}

/** Who leads, and in which term, as all servers but one know it. */
function leaderAndTerm(cluster: Cluster, but?: string): Promise<{ leader: string; term: number }> {
  const asked = cluster.servers.filter((server) => server !== but);
  return eventually("servers agree on a leader and a term", async () => {
    const all = await Promise.all(asked.map((server) => cluster.raft(server)));
    const leader = asked[all.findIndex(({ state }) => state === "Leader")];
    const [first] = all;
    const agree = first !== undefined && all.every(({ term }) => term === first.term);
    return agree && leader !== undefined ? { leader, term: first.term } : undefined;
  });
}

/** Time is what this test is about. */
function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}
