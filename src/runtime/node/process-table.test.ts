import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds } from "../../base/index.ts";
import { identityOf, isAlive, parseProcessEntry, processEntry, swappedBytes } from "./process-table.ts";

test("an entry is read rightly when the program's name holds parentheses and spaces", () => {
  const line =
    "4242 (a) S (b) R 17 4240 4200 0 -1 4194560 1 2 3 4 150 20 5 6 20 0 1 0 987654 111 222 18446744073709551615";
  assert.deepEqual(parseProcessEntry(line), {
    pid: 4242,
    parent: 17,
    session: 4200,
    isZombie: false,
    userTime: milliseconds(1_500),
    systemTime: milliseconds(200),
    residentPages: 222,
    startedAt: "987654",
  });
});

test("a process is known by its number and start time together", () => {
  const entry = processEntry(process.pid);
  assert.ok(entry !== undefined);
  assert.equal(entry.parent, process.ppid);
  assert.equal(isAlive(identityOf(entry)), true);
  assert.equal(isAlive(`${entry.pid}:1`), false);
  assert.ok(entry.residentPages > 1_000);
});

test("what is not there has no entry", () => {
  assert.equal(processEntry(2 ** 30), undefined);
  assert.equal(swappedBytes(2 ** 30), 0);
});
