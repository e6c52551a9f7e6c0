import assert from "node:assert/strict";
import { test } from "node:test";
import { RotatedLog } from "../logs/rotated-log.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { pumpLog } from "./log-pump.ts";

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function openLog() {
  const runtime = fakeRuntime();
  await runtime.disk.makeDirectory("/logs");
  const place = { directory: "/logs", task: "web", type: "stdout" } as const;
  const target = await RotatedLog.open(runtime.disk, place, { maxFiles: 1, maxFileBytes: 100 });
  return { runtime, target, log: runtime.log.named("client") };
}

test("T44: a full disk loses output but never holds up the task, and what fits again is written", async () => {
  const { runtime, target, log } = await openLog();
  const write = target.write.bind(target);
  let writes = 0;
  target.write = (bytes) => {
    writes += 1;
    return writes === 2 || writes === 3 ? Promise.reject(new Error("ENOSPC")) : write(bytes);
  };
  await pumpLog(chunks("a", "lost", "lost too", "b"), target, log);
  assert.equal(await runtime.disk.text("/logs/web.stdout.0"), "ab");
  assert.deepEqual(runtime.logged, ["[ERR] client: output of a task is lost"]);
});

test("an output that breaks off keeps what came before, and a file that cannot be closed harms nobody", async () => {
  const { runtime, target, log } = await openLog();
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("kept");
    throw new Error("EIO");
  }
  await pumpLog(broken(), target, log);
  assert.equal(await runtime.disk.text("/logs/web.stdout.0"), "kept");

  target.close = () => Promise.reject(new Error("EIO"));
  await pumpLog(chunks("more"), target, log);
  const said = "[ERR] client: output of a task is lost";
  assert.deepEqual(runtime.logged, [said, said]);
});

test("R25: what is read is written in the same turn: an agent that is killed in the next has lost none of it", async () => {
  const { runtime, target, log } = await openLog();
  let take: ((chunk: Uint8Array) => Promise<void> | undefined) | undefined;
  const over = Promise.withResolvers<void>();
  const source = Object.assign(chunks(), {
    each: (given: typeof take) => {
      take = given;
      return over.promise;
    },
  });
  const pumped = pumpLog(source, target, log);
  const said: number[] = [];
  for (const line of ["one\n", "two\n", "three\n"]) {
    assert.equal(take?.(Buffer.from(line)), undefined);
    // No turn of ours has passed since.
    said.push(Number(target.mark().split(":")[1]));
  }
  assert.deepEqual(said, [4, 8, 14]);
  over.resolve();
  await pumped;
  assert.equal(await runtime.disk.text("/logs/web.stdout.0"), "one\ntwo\nthree\n");
});
