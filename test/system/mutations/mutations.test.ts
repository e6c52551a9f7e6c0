import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Mistake, mistakes } from "./mistakes.ts";
import { type Edit, MISTAKE } from "./plant.ts";

// The simulator is held to a promise of its own: it sees each of these mistakes, made on purpose in what it runs.

const plant = new URL("./plant.ts", import.meta.url).href;
const simulator = fileURLToPath(new URL("../../../bench/sim.ts", import.meta.url));
/** A mistake that goes unseen under so many seeds counts as not seen. */
const MOST_SEEDS = 200;

for (const [what, mistake] of Object.entries(mistakes)) {
  test(`the simulator sees it when ${what}`, { timeout: 600_000 }, async () => {
    const { code, output } = await simulate(mistake.edits);
    assert.equal(code, 1, `not seen under ${MOST_SEEDS} seeds: ${output}`);
    assert.match(output, mistake.seenAs);
  });
}

test("a mistake that does not fit the source is no mistake that was seen", async () => {
  const { code, output } = await simulate([{ ...firstOf(mistakes).edits[0]!, from: "no such text" }]);
  assert.match(output, /"no such text" does not stand once in/);
  assert.equal(code === 0, false);
});

function firstOf(all: Readonly<Record<string, Mistake>>): Mistake {
  return Object.values(all)[0]!;
}

function simulate(edits: readonly Edit[]): Promise<{ readonly code: number; readonly output: string }> {
  const args = [simulator, "--seeds", String(MOST_SEEDS), "--workers", String(availableParallelism())];
  const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --import ${plant}`;
  // A runner that is told of another around it speaks to that one instead of to us.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS, [MISTAKE]: JSON.stringify(edits) };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
    });
  });
}
