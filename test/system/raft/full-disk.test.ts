import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { LogStoreFull } from "../../../src/raft/index.ts";
import { openLoneServer } from "./lone-server.ts";

const run = promisify(execFile);
const mayMount = process.getuid?.() === 0;

test("on a full disk a server says so at once, still reads, writes again within five seconds of room, and loses nothing", {
  skip: mayMount ? false : "only the superuser may mount a small disk",
  timeout: 60_000,
}, async () => {
  const disk = await mkdtemp(join(tmpdir(), "raft-full-"));
  await run("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
  try {
    const { host, state, log } = await openLoneServer(join(disk, "raft"));
    const { term } = host.stats();
    const acknowledged: string[] = [];
    const line = (number: number) => `${number} ${"x".repeat(50_000)}`;
    const write = async (number: number) => {
      await host.propose(Buffer.from(line(number)));
      acknowledged.push(line(number));
    };
    const filler = join(disk, "filler");
    await writeFile(filler, Buffer.alloc(12 * 1024 * 1024));
    const refusal = await firstRefusal(write);
    assert.equal(refusal instanceof LogStoreFull, true, String(refusal));
    assert.match(String(refusal), /raft\.db": .*full/);

    const began = performance.now();
    await assert.rejects(write(-1), LogStoreFull);
    assert.equal(performance.now() - began < 1000, true);
    await host.readIndex();
    assert.deepEqual([host.role.kind, host.stats().term], ["leader", term]);

    await rm(filler);
    const freed = performance.now();
    while ((await write(1e6).catch(() => "refused")) === "refused") {
      assert.equal(performance.now() - freed < 5000, true, "writes go on within five seconds");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(host.stats().term, term);
    assert.equal(
      log.some((each) => each.includes("the disk has room again")),
      true,
    );
    await host.close();
    const again = await openLoneServer(join(disk, "raft"));
    const present = new Set(again.state.lines);
    assert.deepEqual(
      acknowledged.filter((each) => !present.has(each)),
      [],
    );
    assert.equal(again.state.lines.length >= state.lines.length, true);
    await again.host.close();
  } finally {
    await run("umount", ["-l", disk]);
    await rmdir(disk);
  }
});

async function firstRefusal(write: (number: number) => Promise<void>): Promise<unknown> {
  for (let number = 0; number < 10_000; number++) {
    try {
      await write(number);
    } catch (error) {
      return error;
    }
  }
  throw new Error("The disk never became full");
}
