import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLoneServer } from "./lone-server.ts";

const program = fileURLToPath(new URL("./writer.ts", import.meta.url));
const ROUNDS = 12;

test("what was acknowledged is there after kill -9, whole and in order, twelve times over", {
  timeout: 180_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), "raft-kill-"));
  const acknowledged: string[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      acknowledged.push(...(await writeUntilKilled(directory, round)));
      const { host, state } = await openLoneServer(directory);
      const present = new Set(state.lines);
      const lost = acknowledged.filter((line) => !present.has(line));
      assert.deepEqual(lost, [], `lost in round ${round}`);
      assert.equal(present.size, state.lines.length, "nothing is applied twice");
      assert.deepEqual(outOfOrder(state.lines), []);
      await host.close();
    }
    assert.equal(acknowledged.length > ROUNDS * 10, true, `${acknowledged.length} writes were acknowledged`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

/** Runs the program until it has acknowledged a while, kills it, and gives what it had said. */
async function writeUntilKilled(directory: string, round: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, directory, String(round)], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const said: string[] = [];
  const enough = 50 + 37 * round;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== "ready") said.push(line);
    if (said.length === enough) child.kill("SIGKILL");
  }
  const [code, signal] = await exited;
  assert.deepEqual([code, signal], [null, "SIGKILL"]);
  return said;
}

/** Lines of one life and one writer that come before one of lower number. */
function outOfOrder(lines: readonly string[]): readonly string[] {
  const last = new Map<string, number>();
  return lines.filter((line) => {
    const [life, writer, number] = line.split("/");
    const key = `${life}/${writer}`;
    const isLate = Number(number) !== (last.get(key) ?? -1) + 1;
    last.set(key, Number(number));
    return isLate;
  });
}
