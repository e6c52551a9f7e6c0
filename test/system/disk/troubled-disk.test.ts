import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FaultyDisk, lacksFaultyDisk } from "../support/faulty-disk.ts";
import { eventually } from "../support/nomad.ts";
import { type Acknowledged, jobBodyOf, missing, register } from "./job-writing.ts";
import { Servers } from "./servers.ts";

const mayMount = process.getuid?.() === 0 ? false : "only the superuser may mount a small disk";
const SERVERS = 3;

/** The term counts elections. */
async function termOf(servers: Servers, at: number): Promise<number> {
  return Number((await servers.stats(at)).raft?.term);
}

/** Registers until a write is refused; gives the refusal and how long it took. */
async function untilRefused(address: string, acknowledged: Acknowledged[]): Promise<{ text: string; took: number }> {
  for (let number = 0; number < 5000; number++) {
    const id = `full-${number}`;
    const began = performance.now();
    const answer = await fetch(`${address}/v1/jobs`, { method: "PUT", body: jobBodyOf(id, 40_000) });
    const text = await answer.text();
    if (!answer.ok) return { text, took: performance.now() - began };
    acknowledged.push({ id, askedAt: 0n, answeredAt: 0n });
  }
  throw new Error("The disk never became full");
}

for (const count of [1, SERVERS]) {
  test(`R20, T44: ${count} server(s) on a full disk say so, read on, hold no election, write again once there is room, and lose nothing`, {
    skip: mayMount,
    timeout: 300_000,
  }, async (context) => {
    const mounts: string[] = [];
    const servers = await Servers.start(count, (at, directory) => {
      const mount = join(directory, `disk${at}`);
      mkdirSync(mount);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", mount]);
      mounts.push(mount);
      return { dataDirectory: join(mount, "data") };
    });
    const acknowledged: Acknowledged[] = [];
    try {
      const leader = await servers.leader();
      const term = await termOf(servers, leader);
      for (const mount of mounts) writeFileSync(join(mount, "filler"), Buffer.alloc(14 * 1024 * 1024));
      const refusal = await untilRefused(servers.address(leader), acknowledged);
      assert.match(refusal.text, /Cannot write ".*raft\.db": .*full; writes go on when there is room/);
      assert.equal(refusal.took < 1000, true, `refused after ${refusal.took} ms`);

      const again = performance.now();
      assert.equal(await register(servers.address(leader), "refused"), undefined);
      assert.equal(performance.now() - again < 1000, true);
      for (let read = 0; read < 20; read++) {
        assert.deepEqual(missing(acknowledged, await servers.jobs(leader)), []);
        assert.equal(await termOf(servers, leader), term, "no election is held");
      }

      for (const mount of mounts) rmSync(join(mount, "filler"));
      const freed = performance.now();
      const written = await eventually("a write is taken", () => register(servers.address(leader), "after"), 20);
      const took = performance.now() - freed;
      assert.equal(took < 5000, true, `written ${took} ms after there was room`);
      acknowledged.push(written);
      assert.equal(await termOf(servers, leader), term, "no election is held");
      for (let at = 0; at < count; at++) {
        await servers.kill(at);
        servers.startOne(at);
      }
      assert.deepEqual(missing(acknowledged, await servers.jobs(await servers.leader())), []);
      context.diagnostic(
        `refused in ${Math.round(refusal.took)} ms, written ${Math.round(took)} ms after there was room`,
      );
    } finally {
      await servers.killAll();
      for (const mount of mounts) execFileSync("umount", [mount]);
      await servers.dispose();
    }
  });
}

/** Three servers on disks that can fail. */
async function onFaultyDisks(run: (servers: Servers, disks: readonly FaultyDisk[]) => Promise<void>): Promise<void> {
  const disks = Array.from({ length: SERVERS }, () => new FaultyDisk());
  const servers = await Servers.start(SERVERS, (at) => ({
    dataDirectory: join(disks[at]!.root, "data"),
    environment: disks[at]!.environment,
  }));
  try {
    await run(servers, disks);
  } finally {
    await servers.dispose();
    for (const disk of disks) disk.dispose();
  }
}

test(
  "R21, T45: a leader whose sync fails acknowledges nothing more and exits 1 with file and remedy, and the others go on",
  {
    skip: lacksFaultyDisk,
    timeout: 300_000,
  },
  () =>
    onFaultyDisks(async (servers, disks) => {
      const leader = await servers.leader();
      const before = await register(servers.address(leader), "before");
      assert.notEqual(before, undefined);
      disks[leader]!.trouble.arm({ calls: ["sync"], path: "raft.db-wal", action: { fail: "EIO" } });
      await register(servers.address(leader), "during");
      assert.equal(await servers.ended(leader), 1);
      assert.match(
        servers.output(leader),
        /==> The agent cannot go on: .*Cannot rely on ".*raft\.db": disk I\/O error; check the disk/,
      );
      const next = await servers.leader();
      assert.notEqual(next, leader);
      const after = await eventually("the others take a write", () => register(servers.address(next), "after"));
      assert.deepEqual(missing([before!, after], await servers.jobs(next)), []);
    }),
);

test(
  "R22: disks that take half a second for each sync cost one election at most, and writes go on",
  {
    skip: lacksFaultyDisk,
    timeout: 300_000,
  },
  async (context) =>
    onFaultyDisks(async (servers, disks) => {
      const leader = await servers.leader();
      assert.notEqual(await register(servers.address(leader), "before"), undefined);
      const term = await termOf(servers, leader);
      for (const disk of disks) disk.trouble.arm({ calls: ["sync"], path: "raft.db", action: { waitMs: 500 } });
      const acknowledged: Acknowledged[] = [];
      for (let number = 0; number < 8; number++) {
        const address = servers.address(leader);
        acknowledged.push(await eventually("a slow write is taken", () => register(address, `slow-${number}`), 60));
      }
      const now = await servers.leader();
      const elections = (await termOf(servers, now)) - term;
      for (const { trouble } of disks) assert.equal(trouble.counted.done >= 8, true);
      assert.equal(elections <= 1, true, `${elections} elections`);
      assert.deepEqual(missing(acknowledged, await servers.jobs(now)), []);
      context.diagnostic(`${elections} elections while each sync took 500 ms`);
    }),
);
