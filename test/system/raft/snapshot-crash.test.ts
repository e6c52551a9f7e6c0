import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "../../../src/base/index.ts";
import { openRaftStorage } from "../../../src/raft/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import type { Trouble } from "../support/disk-trouble.ts";
import { FaultyDisk, lacksFaultyDisk } from "../support/faulty-disk.ts";
import { scaled } from "../support/scale.ts";
import { openLoneServer } from "./lone-server.ts";

const program = fileURLToPath(new URL("./snapshot-taker.ts", import.meta.url));
const quiet = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const LINES = ["1/a", "1/b", "2/a", "2/b", "3/a", "3/b"];
/** More than a snapshot takes, so that a loop which never ends is seen. */
const MOST_CALLS = 60;

/** What a server says until it dies. */
function said(disk: FaultyDisk, trouble: Trouble): Promise<readonly string[]> {
  const args = [program, join(disk.root, "raft"), disk.environment.SHIM_CONTROL!, JSON.stringify(trouble)];
  const env = { ...process.env, ...disk.environment };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (_, stdout) => resolve(stdout.trim().split("\n")));
  });
}

/** A snapshot is there that is whole, and with it everything that was confirmed. */
async function assertWhole(directory: string, what: string): Promise<void> {
  const storage = await openRaftStorage(quiet, directory);
  await storage.store.load();
  const { whole, damaged } = await storage.snapshots.load();
  await storage.store.close();
  assert.deepEqual([whole.length >= 1, damaged], [true, []], what);
  const { host, state } = await openLoneServer(directory);
  assert.deepEqual(state.lines, LINES, what);
  await host.close();
}

/** Lets a server die at every call in turn that a snapshot makes; gives how many there were. */
async function dieAtEachCall(calls: Trouble["calls"], action: "die" | "tear"): Promise<number> {
  for (let nth = 1; nth < MOST_CALLS; nth++) {
    const disk = new FaultyDisk();
    const copies = mkdtempSync(join(tmpdir(), "snapshot-crash-"));
    try {
      const lines = await said(disk, { calls, nth, times: 1, action });
      disk.trouble.disarm();
      assert.deepEqual(lines.slice(0, LINES.length), LINES);
      cpSync(join(disk.root, "raft"), join(copies, "raft"), { recursive: true });
      await assertWhole(join(copies, "raft"), `killed at call ${nth}`);
      disk.cutPower({ keeps: [0, 50][nth % 2]!, random: new SeededRandom(`cut ${nth}`) });
      await assertWhole(join(disk.root, "raft"), `power cut at call ${nth}`);
      if (lines.includes("all taken")) return nth - 1;
    } finally {
      disk.dispose();
      rmSync(copies, { recursive: true, force: true });
    }
  }
  throw new Error("A snapshot takes more calls than expected");
}

test("R37: a server that dies at any step of writing a snapshot has the old one or the new, also when power is lost", {
  skip: lacksFaultyDisk,
  timeout: 600_000,
}, async () => {
  const changing = ["rename", "create", "unlink", "truncate"] as const;
  const all = ["write", "sync", ...changing] as const;
  const steps = await dieAtEachCall(scaled({ merge: 0, release: 1 }) ? all : ["sync", ...changing], "die");
  assert.equal(steps >= 8, true, `${steps} steps`);
  if (scaled({ merge: 0, release: 1 })) assert.equal((await dieAtEachCall(["write"], "tear")) >= 4, true);
});
