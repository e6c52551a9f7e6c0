import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { emptyJob, JobWriters, register, shellJob } from "../support/job-writers.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";

/** A cluster whose wall clock is moved, by libfaketime; the monotonic clock goes on as it does when a clock is set. */

const library = ["x86_64", "aarch64"]
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));
const skip = library === undefined && "libfaketime is missing: apt-get install faketime";

const DAY = 24 * 3600;
const standing = "2026-11-22 12:00:00";
const jumps = {
  "a day ahead": `+${DAY}`,
  "a day back": `-${DAY}`,
  "a hundred years ahead": `+${100 * 365 * DAY}`,
  "fifty years back": `-${50 * 365 * DAY}`,
  frozen: standing,
};
/** Seconds since the epoch, by a clock that was set so. */
const timeBy = (to: string) => (to === standing ? Date.parse(`${standing}Z`) : Date.now() + Number(to) * 1000) / 1000;
/** How far a time that is read now may be from the one in a record that was just made, in seconds. */
const CLOSE = 60;
/** Seconds after each jump: more than a granted time to live and its grace, where a release is tested. */
const SETTLING = scaled({ merge: 3, release: 45 });

test("T48: a wall clock that jumps or stands still brings no election, loses no node, restarts tasks in their time, and is told", {
  skip,
  timeout: Object.keys(jumps).length * (SETTLING + 20) * 1000 + 60_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), "nomad-clock-"));
  const clock = join(directory, "clock");
  const setClock = (to: string) => writeFileSync(clock, to);
  setClock("+0");
  const env = {
    LD_PRELOAD: library as string,
    TZ: "UTC",
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  const cluster = await Cluster.start({ servers: 3, clients: 1, env });
  let users: JobWriters | undefined;
  try {
    const leader = await cluster.leader();
    await cluster.ready(1, leader);
    users = new JobWriters(cluster, { writers: 1 });
    const writers = users;
    // Ends again and again, and is restarted after a second each time.
    const runs = join(directory, "runs");
    const script = `cat /proc/uptime >> ${runs}; sleep 0.2; exit 1`;
    const failing = shellJob("failing", script) as { TaskGroups: { RestartPolicy: object }[] };
    const [group] = failing.TaskGroups;
    if (group !== undefined) {
      group.RestartPolicy = { Attempts: 100_000, Interval: 36e14, Delay: 1e9, Mode: "delay" };
    }
    await register(cluster, leader, failing);
    const everySecond = { Enabled: true, Spec: "* * * * * *", SpecType: "cron" };
    await register(cluster, leader, { ...emptyJob("cron"), Type: "batch", Periodic: everySecond });
    const { term } = await cluster.raft(leader);

    for (const [how, to] of Object.entries(jumps)) {
      const begun = uptimes(runs).length;
      setClock(to);
      await new Promise((resolve) => setTimeout(resolve, SETTLING * 1000));
      await eventually("the task was restarted", () => uptimes(runs).length > begun + 2 || undefined);
      const { job } = await writers.firstSince(performance.now());
      const { SubmitTime } = await cluster.answer<{ SubmitTime: number }>(leader, `/v1/job/${job}`);
      const off = Math.abs(SubmitTime / 1e9 - timeBy(to));
      assert.ok(off < CLOSE, `a job that is registered has a time ${off} s from that of a clock that is ${how}`);
      if (how === "a day ahead")
        await eventually("a job is launched tomorrow", async () => {
          const latest = Math.max(...(await children(cluster, leader)).map(({ ID }) => Number(ID.split("-").at(-1))));
          return latest > timeBy(to) - CLOSE || undefined;
        });
      assert.deepEqual(
        { leader: await cluster.leader(), term: (await cluster.raft(leader)).term },
        { leader, term },
        `no election after a clock that is ${how}`,
      );
      await cluster.ready(1, leader);
      const members = await cluster.members(leader, "alive");
      assert.deepEqual([...members].sort(), cluster.servers, `all servers are alive after a clock that is ${how}`);
    }
    await writers.stop();
    assert.deepEqual(writers.failed, []);
    const launched = await children(cluster, leader);
    const twice = launched.filter(({ CreateIndex, JobModifyIndex }) => CreateIndex !== JobModifyIndex);
    assert.deepEqual(twice, [], "no slot of the calendar was launched twice");
    for (const server of cluster.servers) {
      assert.doesNotMatch(await cluster.output(server), /TTL expired/, "no node was missed for a moment");
    }
    const starts = uptimes(runs);
    const delays = starts.slice(1).map((start, at) => start - (starts[at] as number));
    const wrong = delays.filter((delay) => delay < 1 || delay > 10);
    assert.deepEqual(wrong, [], "restarts keep to their delay");
  } finally {
    await users?.stop();
    await cluster.dispose();
    await rm(directory, { recursive: true, force: true });
  }
});

interface Child {
  readonly ID: string;
  readonly CreateIndex: number;
  readonly JobModifyIndex: number;
}

/** What was launched of the periodic job. */
function children(cluster: Cluster, server: string): Promise<readonly Child[]> {
  return cluster.answer(server, "/v1/jobs?prefix=cron/periodic-");
}

/** When the task began, by a clock that cannot be set: seconds since the machine came up. */
function uptimes(file: string): readonly number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => Number(line.split(" ")[0]));
}
