import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkout, DevAgent } from "./support/nomad.ts";

/** Recordings of HashiCorp's agents and the program that replays them; they stand beside the checkout, not in it. */
const checker = join(checkout, "..", "shared", "golden", "shape-check.mjs");
const skip = existsSync(checker) ? false : `the recordings are not here (${checker})`;

/** Transcripts of 1.0.18 that this version does not answer yet; each is explained in docs/compatibility.md. */
const gapsOfModern: readonly string[] = [
  "agent / agent members",
  "agent / agent self",
  "agent / autopilot configuration",
  "agent / namespace default",
  "agent / namespaces",
  "agent / plugins",
  "agent / scaling policies",
  "agent / volumes",
  "deployments / deployment list",
  "deployments / deployments of a job",
  "deployments / latest deployment of a job",
  "headers / gzip (the body is shown decompressed)",
  "jobs / demo-deploy allocations",
  "jobs / scale status",
  "jobs / versions of a job",
];

interface Replayed {
  readonly area: string;
  readonly name: string;
  readonly result: "pass" | "fail" | "skip";
  readonly errors: readonly string[];
}

async function replay(version: string): Promise<readonly Replayed[]> {
  const agent = await DevAgent.start();
  try {
    // Its own path is how the program knows that it is called: it must be the real one.
    const args = [realpathSync(checker), "--addr", agent.address, "--dir", version, "--setup", "--json"];
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (_error, stdout, stderr) => resolve(stdout + stderr));
    });
    return output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  } finally {
    await agent.end();
    await agent.dispose();
  }
}

test("every recorded read of 0.4.1 is answered in the same shape", { skip }, async () => {
  const replayed = await replay("0.4.1");
  assert.ok(replayed.length > 50, `${replayed.length} transcripts were replayed`);
  assert.deepEqual(
    replayed.filter(({ result }) => result !== "pass"),
    [],
  );
});

test("of the recorded reads of 1.0.18 only the listed ones are answered otherwise", { skip }, async () => {
  const replayed = await replay("1.0.18");
  assert.ok(replayed.length > 50, `${replayed.length} transcripts were replayed`);
  const gaps = replayed.filter(({ result }) => result === "fail").map(({ area, name }) => `${area} / ${name}`);
  assert.deepEqual(gaps.sort(), [...gapsOfModern].sort());
});
