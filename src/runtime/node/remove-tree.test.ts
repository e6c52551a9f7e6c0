import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { removeTree } from "./remove-tree.ts";

const directory = mkdtempSync(join(tmpdir(), "nomad-remove-"));
after(() => rmSync(directory, { recursive: true, force: true }));
let made = 0;

/** A tree to be removed, and beside it what must stay. */
function places(): { readonly tree: string; readonly kept: string } {
  made += 1;
  const [tree, kept] = [join(directory, `tree-${made}`), join(directory, `kept-${made}`)];
  for (const path of [tree, kept]) mkdirSync(path);
  writeFileSync(join(kept, "file"), "kept");
  return { tree, kept };
}

/** Why nothing can be mounted here. */
const noMounts = (() => {
  const { tree, kept } = places();
  try {
    execFileSync("/bin/mount", ["--bind", kept, tree], { stdio: "ignore" });
    execFileSync("/bin/umount", [tree]);
    return false;
  } catch {
    return "this user may not mount";
  }
})();

/** What holds a mount may have been moved. */
function unmountBelow(tree: string): void {
  for (const line of readFileSync("/proc/self/mounts", "utf8").split("\n")) {
    const path = line.split(" ")[1] ?? "";
    if (path === tree || path.startsWith(`${tree}/`)) execFileSync("/bin/umount", [path]);
  }
}

test("a tree is removed whole, with what is empty, hidden, closed to others, or a FIFO", async () => {
  const { tree } = places();
  mkdirSync(join(tree, "a/b/c"), { recursive: true });
  mkdirSync(join(tree, ".hidden"));
  for (const name of ["a/b/file", ".hidden/file", "file"]) writeFileSync(join(tree, name), "x");
  execFileSync("mkfifo", [join(tree, "a/fifo")]);
  chmodSync(join(tree, "a/b/file"), 0);
  await removeTree(tree);
  assert.equal(existsSync(tree), false);
  await removeTree(tree);
});

test("T27: links are removed and not followed, also one in place of the tree itself", async () => {
  const { tree, kept } = places();
  mkdirSync(join(tree, "a"));
  symlinkSync(kept, join(tree, "a/link"));
  symlinkSync(join(kept, "file"), join(tree, "link"));
  symlinkSync("..", join(tree, "up"));
  symlinkSync(join(tree, "nowhere"), join(tree, "broken"));
  await removeTree(tree);
  assert.equal(existsSync(tree), false);
  symlinkSync(kept, tree);
  await removeTree(tree);
  assert.equal(existsSync(tree), false);
  assert.deepEqual(readdirSync(kept), ["file"]);
});

test("a tree deeper than any path may be long is removed", async () => {
  const { tree } = places();
  const script =
    'chdir shift; my $d = "d" x 60; for (1 .. 500) { mkdir $d and chdir $d or exit 1 } open my $f, ">", "end"';
  execFileSync("perl", ["-e", script, tree]);
  await removeTree(tree);
  assert.equal(existsSync(tree), false);
});

for (const [what, at] of [
  ["a directory that is mounted", "a/mounted"],
  ["one that is deeper than what is kept open", `${"a/".repeat(60)}mounted`],
  ["the tree itself, mounted", "."],
] as const) {
  test(`nothing is removed across a mount: ${what}`, { skip: noMounts }, async () => {
    const { tree, kept } = places();
    const target = join(tree, at);
    mkdirSync(target, { recursive: true });
    execFileSync("/bin/mount", ["--bind", kept, target]);
    try {
      await assert.rejects(removeTree(tree), { code: "EBUSY" });
      assert.deepEqual(readdirSync(kept), ["file"]);
    } finally {
      unmountBelow(tree);
    }
    await removeTree(tree);
    assert.equal(existsSync(tree), false);
  });
}

test("nothing is removed across a mount: a file that is mounted", { skip: noMounts }, async () => {
  const { tree, kept } = places();
  const target = join(tree, "file");
  writeFileSync(target, "");
  execFileSync("/bin/mount", ["--bind", join(kept, "file"), target]);
  try {
    await assert.rejects(removeTree(tree), { code: "EBUSY" });
    assert.deepEqual(readdirSync(kept), ["file"]);
  } finally {
    execFileSync("/bin/umount", [target]);
  }
});
