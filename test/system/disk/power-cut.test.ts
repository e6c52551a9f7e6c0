import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SeededRandom } from "../../../src/base/index.ts";
import { FaultyDisk, lacksFaultyDisk } from "../support/faulty-disk.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";
import { type Acknowledged, JobWriting, missing } from "./job-writing.ts";
import { Servers } from "./servers.ts";

const SERVERS = 3;
const MAJORITY = 2;
/** How much of what was not synced a cut leaves, in turn. */
const KEEPS = [0, 50, 100];

test("R2: when three servers lose power at once, every write that was acknowledged is there, and was synced before by two of them", {
  skip: lacksFaultyDisk,
  timeout: 1_800_000,
}, async (context) => {
  const disks = Array.from({ length: SERVERS }, () => new FaultyDisk());
  const servers = await Servers.start(SERVERS, (at) => ({
    dataDirectory: join(disks[at]!.root, "data"),
    environment: disks[at]!.environment,
  }));
  const all = disks.map((_, at) => at);
  const random = new SeededRandom("power cuts of three");
  const acknowledged: Acknowledged[] = [];
  const cuts = scaled({ merge: 3, release: 50 });
  try {
    for (let cut = 0; cut < cuts; cut++) {
      const reader = await servers.leader();
      assert.deepEqual(missing(acknowledged, await servers.jobs(reader)), [], `lost before cut ${cut}`);
      const writing = new JobWriting(servers, SERVERS, `c${cut}`);
      const enough = 20 + random.below(60);
      await eventually("enough is written", () => writing.acknowledged.length >= enough || undefined, 60);
      await Promise.all(all.map((at) => servers.kill(at)));
      const written = await writing.end();
      const logs = syncsOfLogs(servers, disks);
      for (const write of written) assertSynced(write, logs);
      acknowledged.push(...written);
      for (const at of all) disks[at]!.cutPower({ keeps: KEEPS[(cut + at) % KEEPS.length]!, random });
      for (const at of all) servers.startOne(at);
    }
    const reader = await servers.leader();
    assert.deepEqual(missing(acknowledged, await servers.jobs(reader)), [], "lost in the last cut");
    context.diagnostic(`${acknowledged.length} acknowledged, 0 lost in ${cuts} power cuts of all three servers`);
  } finally {
    await servers.dispose();
    for (const disk of disks) disk.dispose();
  }
});

/** When each server's write-ahead log was synced, as times of begin and end. */
function syncsOfLogs(
  servers: Servers,
  disks: readonly FaultyDisk[],
): readonly (readonly (readonly [bigint, bigint])[])[] {
  return disks.map((disk, at) => {
    const { ino } = statSync(join(servers.raftDirectory(at), "raft.db-wal"), { bigint: true });
    const [journal] = disk.journals();
    const syncs = (journal?.syncs ?? []).filter(({ inode, errno }) => inode === ino && errno === 0);
    return syncs.map(({ beganAt, endedAt }) => [beganAt, endedAt] as const);
  });
}

/** Many writes may share a sync, but each needs one that began after it was asked for and ended before it was answered. */
function assertSynced({ id, askedAt, answeredAt }: Acknowledged, logs: ReturnType<typeof syncsOfLogs>): void {
  const synced = logs.filter((log) => log.some(([began, ended]) => began > askedAt && ended < answeredAt));
  assert.equal(
    synced.length >= MAJORITY,
    true,
    `${id} was synced by ${synced.length} servers before it was acknowledged`,
  );
}
