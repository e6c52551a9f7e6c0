import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "../../../src/base/index.ts";
import { FaultyDisk, lacksFaultyDisk } from "../support/faulty-disk.ts";
import { scaled } from "../support/scale.ts";
import { openLoneServer } from "./lone-server.ts";

const program = fileURLToPath(new URL("./writer.ts", import.meta.url));
/** How much of what was not synced a cut leaves, in turn. */
const KEEPS = [0, 50, 100, 10];
/** With such lines the database moves its log to the main file some times in each life. */
const LONG_LINE_BYTES = 9000;

/** Eight writers that write until `end` has ended the process; gives what was acknowledged. */
async function write(
  disk: FaultyDisk,
  {
    life,
    bytes = 0,
    heard,
  }: { life: number; bytes?: number; heard?: (acknowledged: number, child: ChildProcess) => void },
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, join(disk.root, "raft"), String(life), String(bytes)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...disk.environment },
  });
  const exited = once(child, "exit");
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== "ready") said.push(line);
    heard?.(said.length, child);
  }
  assert.deepEqual(await exited, [null, "SIGKILL"]);
  return said;
}

/** All that was acknowledged in any life is there, and nothing twice. */
async function assertKept(disk: FaultyDisk, acknowledged: readonly string[], when: string): Promise<void> {
  const { host, state } = await openLoneServer(join(disk.root, "raft"));
  const lines = state.lines.map((line) => line.split(" ")[0]);
  const present = new Set(lines);
  assert.deepEqual(
    acknowledged.filter((line) => !present.has(line)),
    [],
    `lost ${when}`,
  );
  assert.equal(present.size, lines.length, "nothing is applied twice");
  await host.close();
}

async function onFaultyDisk(run: (disk: FaultyDisk) => Promise<void>): Promise<void> {
  const disk = new FaultyDisk();
  try {
    await run(disk);
  } finally {
    disk.dispose();
  }
}

test(
  "R2: what was acknowledged is there after a power cut, whatever the disk keeps of what it was not told to sync",
  {
    skip: lacksFaultyDisk,
    timeout: 600_000,
  },
  () =>
    onFaultyDisk(async (disk) => {
      const acknowledged: string[] = [];
      for (let cut = 0; cut < scaled({ merge: 4, release: 50 }); cut++) {
        const enough = 60 + 41 * (cut % 13);
        const heard = (count: number, child: ChildProcess) => count === enough && child.kill("SIGKILL");
        acknowledged.push(...(await write(disk, { life: cut, heard })));
        disk.cutPower({ keeps: KEEPS[cut % KEEPS.length]!, random: new SeededRandom(`cut ${cut}`) });
        await assertKept(disk, acknowledged, `in cut ${cut}`);
      }
    }),
);

test(
  "R2, T46: a server that loses power while its log moves to the main file of the database starts, and has lost nothing",
  {
    skip: lacksFaultyDisk,
    timeout: 600_000,
  },
  () =>
    onFaultyDisk(async (disk) => {
      const acknowledged: string[] = [];
      const places = [3, 40, 240, 1, 2, 10, 100, 200, 235, 300, 400, 600].slice(0, scaled({ merge: 3, release: 12 }));
      for (const nth of places) {
        disk.trouble.arm({ calls: ["write"], path: "/raft.db$", nth, action: "die" });
        acknowledged.push(...(await write(disk, { life: nth, bytes: LONG_LINE_BYTES })));
        disk.trouble.disarm();
        disk.cutPower({ keeps: KEEPS[nth % KEEPS.length]!, random: new SeededRandom(`place ${nth}`) });
        await assertKept(disk, acknowledged, `at write ${nth} of the main file`);
      }
      assert.equal(acknowledged.length > 100, true);
    }),
);
