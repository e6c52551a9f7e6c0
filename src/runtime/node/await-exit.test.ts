import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { awaitExit } from "./await-exit.ts";
import type { ShimReport } from "./exit-record.ts";

const home = mkdtempSync(join(tmpdir(), "await-exit-test-"));
after(() => rmSync(home, { recursive: true, force: true }));
/** A process that is gone: the kernel started its first one earlier than that. */
const gone = "1 1";

test("a process whose directory is gone has lost its exit", async () => {
  const { promise, resolve } = Promise.withResolvers<ShimReport>();
  awaitExit(join(home, "removed"), gone, resolve);
  assert.match((await promise).lost ?? "", /^the supervisor of the task was killed/);
});

test("what cannot be read is looked at again, and ends nobody", async () => {
  const directory = join(home, "unreadable");
  mkdirSync(join(directory, "exit"), { recursive: true });
  const { promise, resolve } = Promise.withResolvers<ShimReport>();
  awaitExit(directory, gone, resolve);
  rmSync(join(directory, "exit"), { recursive: true });
  assert.match((await promise).lost ?? "", /^the supervisor of the task was killed/);
});
