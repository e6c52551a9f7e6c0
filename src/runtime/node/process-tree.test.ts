import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { endianness } from "node:os";
import { test } from "node:test";
import { NodeProcessTree, pageBytesIn } from "./process-tree.ts";

test("memory is that which the process itself is told by the kernel", () => {
  const [own] = new NodeProcessTree(process.pid).usage();
  const told = process.memoryUsage.rss();
  assert.ok(Math.abs((own?.residentBytes ?? 0) - told) < told / 10, `${own?.residentBytes} and ${told}`);
});

test("a new descendant is found when five seconds are over, and one that has gone is left out at once", async () => {
  let now = 0;
  const shell = spawn("/bin/sh", ["-c", "read go; sleep 60 & echo up; wait"], { stdio: ["pipe", "pipe", "ignore"] });
  const tree = new NodeProcessTree(shell.pid as number, () => now);
  assert.equal(tree.usage().length, 1);
  shell.stdin.write("go\n");
  await once(shell.stdout, "data");
  now = 4_999;
  assert.equal(tree.usage().length, 1);
  now = 5_000;
  const [root, child] = tree.usage();
  assert.equal(root?.pid, shell.pid);
  assert.deepEqual(
    tree.usage(root?.pid).map(({ pid }) => pid),
    [child?.pid],
  );
  process.kill(child?.pid as number, "SIGKILL");
  await once(shell, "exit");
  assert.deepEqual(tree.usage(), []);
});

test("the size of pages is read from the auxiliary vector, whichever it is", () => {
  const vector = Buffer.alloc(48);
  const write = (value: bigint, at: number) =>
    endianness() === "LE" ? vector.writeBigUInt64LE(value, at) : vector.writeBigUInt64BE(value, at);
  write(3n, 0);
  write(77n, 8);
  write(6n, 16);
  write(65_536n, 24);
  assert.equal(pageBytesIn(vector), 65_536);
});
