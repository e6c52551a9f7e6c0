import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { JobWriters, jobsAt } from "../support/job-writers.ts";
import { LeaderWatch } from "../support/leader-watch.ts";
import { eventually } from "../support/nomad.ts";
import { probe, probed } from "../support/probes.ts";
import { scaled } from "../support/scale.ts";

/** Leadership that goes from server to server while users write, and others watch what they write. */

const TRANSFERS = scaled({ merge: 12, release: 50 });
/** Milliseconds from one transfer to the next. */
const EVERY = 1200;
/** What the leader's evaluations, waiting and tracked nodes may add to a server's timers: 9 to 20. A leak adds some with each transfer. */
const TIMERS_OF_A_LEADER = 11;

test("leadership that is handed on again and again leaves no evaluation stuck, no timer behind, and no watcher wrong", {
  timeout: TRANSFERS * 10_000 + 120_000,
}, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "nomad-transfers-"));
  const cluster = await Cluster.start({ servers: 3, clients: 0, env: probed(directory) });
  const watch = new LeaderWatch(cluster);
  const isOver = new AbortController();
  let users: JobWriters | undefined;
  try {
    await cluster.leader();
    const timersOf = async (server: string) => (await probe(cluster, server, directory)).timers;
    const writers = new JobWriters(cluster, { writers: 2 });
    users = writers;
    const watching = cluster.servers.map((server) => watchJobs(cluster, server, isOver.signal));
    await writers.firstSince(performance.now());
    const timersBefore = await Promise.all(cluster.servers.map(timersOf));

    const outages: number[] = [];
    for (let transfer = 0; transfer < TRANSFERS; transfer++) {
      const leader = await cluster.leader();
      const began = performance.now();
      const next = await follower(cluster, leader, transfer);
      await cluster.ask(leader, `/v1/operator/raft/transfer-leadership?id=${next}`, { method: "PUT" });
      outages.push((await writers.firstSince(began)).at - began);
      await eventually("it is time for the next", () => performance.now() > began + EVERY || undefined);
    }
    const timersAfter = await Promise.all(cluster.servers.map(timersOf));
    await writers.stop();
    assert.deepEqual(writers.failed, []);

    const open = await eventually(
      "every evaluation has ended",
      async () => {
        const all = await cluster.get<{ Status: string }[]>(await cluster.leader(), "/v1/evaluations");
        return all?.filter(({ Status }) => Status !== "complete").length === 0 || undefined;
      },
      60,
    );
    assert.ok(open);
    for (const [at, server] of cluster.servers.entries()) {
      const [before, after] = [timersBefore[at] as number, timersAfter[at] as number];
      assert.ok(after - before <= TIMERS_OF_A_LEADER, `${server} had ${before} timers and has ${after}`);
    }

    const index = await cluster.level();
    const listings = await Promise.all(cluster.servers.map((server) => everything(cluster, server)));
    for (const listing of listings) assert.deepEqual(listing, listings[0], `all have the same at index ${index}`);
    const expected = [...(await jobsAt(cluster, await cluster.leader()))].sort();
    await eventually("watchers have seen the last change", () => {
      const all = watching.every(({ seen }) => seen.at(-1)?.count === expected.length);
      return all || undefined;
    });
    isOver.abort();
    for (const { ended, seen } of watching) {
      await ended;
      const backwards = seen.filter(({ index: now }, at) => at > 0 && now < (seen[at - 1]?.index as number));
      assert.deepEqual(backwards, [], "an index never goes back");
      const fewer = seen.filter(({ count }, at) => at > 0 && count < (seen[at - 1]?.count as number));
      assert.deepEqual(fewer, [], "what was seen is not unseen");
      assert.deepEqual(seen.at(-1)?.jobs, expected, "watchers have seen the final state");
    }
    const answers = watching.reduce((sum, { seen }) => sum + seen.length, 0);
    t.diagnostic(`${TRANSFERS} transfers, ${await watch.stop()} terms, ${writers.acknowledged.length} writes`);
    t.diagnostic(`longest wait for a write: ${Math.max(...outages).toFixed(0)} ms; ${answers} answers to watchers`);
    t.diagnostic(`timers before ${timersBefore}, after ${timersAfter}`);
  } finally {
    isOver.abort();
    await watch.stop();
    await users?.stop();
    await cluster.dispose();
    await rm(directory, { recursive: true, force: true });
  }
});

/** The id of a server that votes and does not lead. */
async function follower(cluster: Cluster, leader: string, turn: number): Promise<string> {
  const path = "/v1/operator/raft/configuration";
  const { Servers } = await cluster.answer<{ Servers: { ID: string; Leader: boolean }[] }>(leader, path);
  const others = Servers.filter(({ Leader }) => !Leader);
  return encodeURIComponent(others[turn % others.length]?.ID ?? "");
}

interface Seen {
  readonly index: number;
  readonly count: number;
  readonly jobs: readonly string[];
}

/** Follows the list of jobs at one server by blocking queries, as that server has it; an error is no answer. */
function watchJobs(cluster: Cluster, server: string, isOver: AbortSignal): { seen: Seen[]; ended: Promise<void> } {
  const seen: Seen[] = [];
  const follow = async () => {
    for (let index = 1; !isOver.aborted; ) {
      try {
        const answer = await cluster.ask(server, `/v1/jobs?stale&index=${index}&wait=5s`, {
          signal: AbortSignal.any([isOver, AbortSignal.timeout(20_000)]),
        });
        index = Number(answer.headers.get("X-Nomad-Index"));
        const jobs = ((await answer.json()) as { ID: string }[]).map(({ ID }) => ID).sort();
        seen.push({ index, count: jobs.length, jobs });
      } catch (error) {
        if (isOver.aborted) return;
        if (!(error instanceof Error && / 500 /.test(error.message))) throw error;
      }
    }
  };
  return { seen, ended: follow() };
}

/** All that a server tells of its state, from its own copy. */
async function everything(cluster: Cluster, server: string): Promise<unknown> {
  const paths = ["jobs", "evaluations", "allocations", "nodes"].map((what) => `/v1/${what}?stale`);
  const lists = await Promise.all(paths.map((path) => cluster.answer<unknown[]>(server, path)));
  const jobs = lists[0] as { ID: string }[];
  const some = jobs.filter((_, at) => at % Math.ceil(jobs.length / 50) === 0);
  const whole = await Promise.all(some.map(({ ID }) => cluster.answer(server, `/v1/job/${ID}?stale`)));
  return { lists, whole };
}
