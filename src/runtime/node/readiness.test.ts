import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as round } from "node:timers/promises";
import { Readiness } from "./readiness.ts";

/** A FIFO, and the descriptor by which it is written to. */
function fifo(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "nomad-readiness-"));
  const path = join(directory, "fifo");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  t.after(() => {
    closeSync(writer);
    rmSync(directory, { recursive: true });
  });
  return { fd, write: (text: string) => writeSync(writer, text) };
}

function read(fd: number): string {
  const buffer = Buffer.alloc(100);
  return buffer.toString("latin1", 0, readSync(fd, buffer));
}

test("readiness is told again and again until what is there is read, which it leaves to others", async (t) => {
  const { fd, write } = fifo(t);
  let told = 0;
  const found = Promise.withResolvers<string>();
  const readiness = new Readiness(fd, () => {
    if (++told === 3) found.resolve(read(fd));
  });
  readiness.resume();
  write("all of it");
  assert.equal(await found.promise, "all of it");
  for (let rounds = 0; rounds < 5; rounds++) await round();
  assert.equal(told, 3, "nothing more is there");
  readiness.destroy();
  await once(readiness, "close");
});

test("while it pauses it tells nothing", async (t) => {
  const { fd, write } = fifo(t);
  const told = Promise.withResolvers<string>();
  let isPaused = true;
  const readiness = new Readiness(fd, () => told.resolve(isPaused ? "too soon" : read(fd)));
  readiness.resume();
  await round();
  readiness.pause();
  write("later");
  for (let rounds = 0; rounds < 5; rounds++) await round();
  isPaused = false;
  readiness.resume();
  assert.equal(await told.promise, "later");
  readiness.destroy();
  await once(readiness, "close");
});

test("an error that is one closes it", async (t) => {
  const { fd } = fifo(t);
  const readiness = new Readiness(fd, () => {});
  const failed = once(readiness, "error");
  readiness.destroy(new Error("the descriptor is no good"));
  assert.match(`${await failed}`, /no good/);
});
