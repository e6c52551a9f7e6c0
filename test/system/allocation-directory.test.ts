import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { removeDirectory } from "../../src/client/allocation/remove-directory.ts";
import { nodeRuntime } from "../../src/runtime/node/index.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const directory = mkdtempSync(join(tmpdir(), "nomad-allocation-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const [root, kept] = [join(directory, "a1"), join(directory, "kept")];

const skip = (() => {
  mkdirSync(kept);
  writeFileSync(join(kept, "file"), "kept");
  try {
    execFileSync("/bin/mount", ["--bind", kept, kept], { stdio: "ignore" });
    execFileSync("/bin/umount", [kept]);
    return false;
  } catch {
    return "this user may not mount";
  }
})();

test("what is mounted in an allocation's directory is unmounted, the last first, and stays as it was", {
  skip,
}, async () => {
  mkdirSync(join(root, "web/local/a b"), { recursive: true });
  execFileSync("/bin/mount", ["--bind", kept, join(root, "web/local/a b")]);
  execFileSync("/bin/mount", ["-t", "tmpfs", "none", join(root, "web/local")]);
  mkdirSync(join(root, "web/local/inner"));
  execFileSync("/bin/mount", ["--bind", kept, join(root, "web/local/inner")]);
  await removeDirectory(runtime, root);
  assert.equal(existsSync(root), false);
  assert.deepEqual(readdirSync(kept), ["file"]);
  assert.equal(readFileSync("/proc/self/mounts", "utf8").includes(root), false);
});

test("a mount that is in use keeps its directory, and what is there", { skip }, async () => {
  const mounted = join(root, "alloc/data");
  mkdirSync(mounted, { recursive: true });
  execFileSync("/bin/mount", ["--bind", kept, mounted]);
  const user = spawn("/bin/sh", ["-c", "echo in; read end"], { cwd: mounted, stdio: ["pipe", "pipe", "ignore"] });
  try {
    await once(user.stdout, "data");
    await assert.rejects(removeDirectory(runtime, root), /Cannot unmount ".*\/alloc\/data": .*busy/);
    assert.deepEqual(readdirSync(kept), ["file"]);
  } finally {
    user.stdin.end();
    await once(user, "exit");
  }
  await removeDirectory(runtime, root);
  assert.deepEqual([existsSync(root), readdirSync(kept)], [false, ["file"]]);
});
