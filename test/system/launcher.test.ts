import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkout, nomadProgram } from "./support/nomad.ts";

const folder = mkdtempSync(join(tmpdir(), "nomad-launcher-"));
after(() => rmSync(folder, { recursive: true }));

function run(program: string, args: readonly string[], env: Record<string, string | undefined> = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

test("the command runs from any directory, also through links on the PATH", () => {
  const printed = { status: 0, stdout: "Nomad v0.4.1\n", stderr: "" };
  assert.deepEqual(run(nomadProgram, ["version"]), printed);
  mkdirSync(join(folder, "path"));
  symlinkSync(nomadProgram, join(folder, "path", "first"));
  symlinkSync("first", join(folder, "path", "nomad"));
  assert.deepEqual(run("nomad", ["version"], { PATH: `${join(folder, "path")}:${process.env.PATH}` }), printed);
  assert.deepEqual(run("sh", [join(folder, "path", "nomad"), "version"]), printed);
});

test("arguments arrive as they are, and the exit code is the command's", () => {
  const { status, stderr } = run(nomadProgram, ["plan", 'a "b" $c\n*']);
  assert.equal(status, 255);
  assert.ok(stderr.includes(`${folder}/a "b" $c\n*`), stderr);
});

test("signals reach the command", async () => {
  const child = spawn(nomadProgram, ["plan", "-"], { stdio: "pipe" });
  await once(child, "spawn");
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [null, "SIGTERM"]);
});

test("a checkout that is not built or not installed says what to do", () => {
  const fresh = join(folder, "fresh");
  mkdirSync(join(fresh, "bin"), { recursive: true });
  const program = join(fresh, "bin", "nomad");
  copyFileSync(nomadProgram, program);
  const bare = run("/bin/sh", [program, "version"], { PATH: "/nowhere" });
  assert.deepEqual([bare.status, bare.stdout], [1, ""]);
  assert.match(bare.stderr, /^nomad: no Node\.js 24 found; run "npm install" in /);
  symlinkSync(join(checkout, "node_modules"), join(fresh, "node_modules"));
  const installed = run("/bin/sh", [program, "version"]);
  assert.equal(installed.status, 1);
  assert.match(installed.stderr, /^nomad: not built yet; run "npm run build" in /);
});
