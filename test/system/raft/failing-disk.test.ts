import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "../../../src/base/index.ts";
import type { DiskCall, Trouble } from "../support/disk-trouble.ts";
import { FaultyDisk, lacksFaultyDisk } from "../support/faulty-disk.ts";
import { scaled } from "../support/scale.ts";
import { openLoneServer } from "./lone-server.ts";
import type { BirthReport } from "./troubled-birth.ts";
import type { LifePlan, LifeReport } from "./troubled-life.ts";

/** Plans in which each of the first `count` calls meets the trouble once, in turn. */
function inTurn(calls: readonly DiskCall[], fail: "EIO" | "ENOSPC", count: number): readonly LifePlan[] {
  return Array.from({ length: count }, (_, at) => {
    const trouble: Trouble = { calls, nth: at + 1, times: 1, action: { fail } };
    return { name: `${calls.join("-")}-${fail}-${at + 1}`, trouble };
  });
}

/** Lives by these plans. */
async function lived(disk: FaultyDisk, plans: readonly LifePlan[]): Promise<readonly LifeReport[]> {
  const reports = await reported<LifeReport>(disk, "./troubled-life.ts", JSON.stringify(plans));
  assert.equal(reports.length, plans.length);
  return reports;
}

/** What a program says of what it does on this disk, line by line. */
async function reported<Report>(disk: FaultyDisk, program: string, wish: string): Promise<readonly Report[]> {
  const control = disk.environment.SHIM_CONTROL!;
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, disk.root, control, wish], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...disk.environment },
  });
  const exited = once(child, "exit");
  const reports: Report[] = [];
  for await (const line of createInterface({ input: child.stdout })) reports.push(JSON.parse(line));
  assert.deepEqual(await exited, [0, null]);
  return reports;
}

async function assertKept(disk: FaultyDisk, { name, acknowledged }: LifeReport): Promise<void> {
  const { host, state } = await openLoneServer(join(disk.root, name));
  const present = new Set(state.lines);
  assert.deepEqual(
    acknowledged.filter((line) => !present.has(line)),
    [],
    `lost in ${name}`,
  );
  await host.close();
}

function onFaultyDisk(what: string, timeout: number, show: (disk: FaultyDisk) => Promise<void>): void {
  test(what, { skip: lacksFaultyDisk, timeout }, async () => {
    const disk = new FaultyDisk();
    try {
      await show(disk);
    } finally {
      disk.dispose();
    }
  });
}

onFaultyDisk(
  "R21, T45: after a sync that failed nothing is acknowledged, nothing more is written to that file, and the server stops",
  300_000,
  async (disk) => {
    // The first sync of the main file is the one with which the database is closed.
    const closing: Trouble = { calls: ["sync"], path: "raft.db$", times: 1, action: { fail: "EIO" } };
    const plans = [
      ...inTurn(["sync"], "EIO", scaled({ merge: 8, release: 50 })),
      { name: "sync-EIO-closing", trouble: closing },
    ];
    const reports = await lived(disk, plans);
    const [journal] = disk.journals();
    const failed = journal!.syncs.filter(({ errno }) => errno !== 0);
    assert.equal(failed.length, plans.length, "every plan met its trouble");
    const ofTheLog = reports.filter(({ fatal }) => fatal !== undefined);
    for (const report of ofTheLog) {
      assert.match(
        report.fatal!,
        /Cannot rely on ".*raft\.db": disk I\/O error; check the disk, then start the server again/,
      );
      assert.equal(report.acknowledgedAfterFatal, 0);
    }
    const others = reports.filter(({ fatal }) => fatal === undefined);
    for (const { warnings, closing = "", name } of others) {
      const told = [...warnings, closing].join("\n");
      assert.match(told, /cannot write a snapshot, the log stays as it is.*EIO|disk I\/O error/, name);
    }
    assert.equal(ofTheLog.length > others.length, true, `${ofTheLog.length} of ${plans.length} were syncs of the log`);
    for (const { inode, begin } of failed) {
      const later = journal!.changes.filter(({ position, change }) => position > begin && change.inode === inode);
      assert.deepEqual(
        later.filter(({ change }) => change.kind === "write"),
        [],
        "nothing is written through a descriptor whose sync has failed",
      );
    }
    disk.cutPower({ keeps: 0, random: new SeededRandom("nothing is kept") });
    for (const report of reports) await assertKept(disk, report);
  },
);

onFaultyDisk(
  "R20, T44: a call that finds no room, whichever it is, is told by the name of the file, and all goes on once there is room",
  300_000,
  async (disk) => {
    const plans = [
      ...inTurn(["write"], "ENOSPC", scaled({ merge: 4, release: 60 })),
      ...inTurn(["create"], "ENOSPC", 4),
      ...inTurn(["rename"], "ENOSPC", 4),
      ...inTurn(["mkdir"], "ENOSPC", 1),
    ];
    const reports = await lived(disk, plans);
    const silent: string[] = [];
    disk.cutPower({ keeps: 0, random: new SeededRandom("nothing is kept") });
    for (const report of reports) {
      const { name, fatal, done, refused, warnings, acknowledged } = report;
      assert.equal(fatal, undefined, name);
      assert.equal(acknowledged.length, 45, `all writes of ${name} are acknowledged in the end`);
      const told = [...refused, ...warnings.filter((line) => /full|ENOSPC/.test(line))];
      if (done > 0 && told.length === 0) silent.push(name);
      for (const refusal of refused)
        assert.match(refusal, /Cannot write ".*raft\.db": .*full; writes go on when/, name);
      await assertKept(disk, report);
    }
    assert.equal(reports.filter(({ done }) => done > 0).length >= plans.length - 2, true);
    // Without the note of how far the log was confirmed all goes on, with the note of before.
    assert.ok(silent.length <= plans.length / 4, `not told: ${silent.join(" ")}`);
    assert.ok(
      silent.every((name) => name.startsWith("write-")),
      `not told: ${silent.join(" ")}`,
    );
  },
);

onFaultyDisk(
  "R20: a server whose first file finds no room, at whichever write, says so, and starts once there is room",
  300_000,
  async (disk) => {
    const step = scaled({ merge: 3, release: 1 });
    const reports = await reported<BirthReport>(disk, "./troubled-birth.ts", String(step));
    const troubled = reports.filter(({ done }) => done > 0);
    assert.ok(troubled.length > 20 / step);
    for (const { nth, refused = "", refusedAgain } of troubled) {
      assert.match(refused, /Cannot write ".*raft\.db": .*full/, `write ${nth}`);
      assert.equal(refusedAgain, undefined, `write ${nth}`);
    }
  },
);

onFaultyDisk(
  "R20: a call that the disk fails, whichever it is, stops the server or costs a snapshot, and loses nothing",
  300_000,
  async (disk) => {
    const plans = [
      ...inTurn(["write"], "EIO", scaled({ merge: 4, release: 60 })),
      ...inTurn(["create"], "EIO", scaled({ merge: 2, release: 4 })),
      ...inTurn(["rename"], "EIO", scaled({ merge: 2, release: 4 })),
      ...inTurn(["truncate"], "EIO", 2),
      ...inTurn(["unlink"], "EIO", 1),
      ...inTurn(["sync"], "ENOSPC", scaled({ merge: 2, release: 20 })),
    ];
    const reports = await lived(disk, plans);
    disk.cutPower({ keeps: 0, random: new SeededRandom("nothing is kept") });
    for (const report of reports) {
      const { fatal, name, acknowledgedAfterFatal } = report;
      if (fatal !== undefined) assert.match(fatal, /Cannot rely on ".*raft\.db": disk I\/O error/, name);
      assert.equal(acknowledgedAfterFatal, 0, name);
      await assertKept(disk, report);
    }
    assert.equal(reports.filter(({ done }) => done > 0).length >= plans.length - 1, true);
  },
);
