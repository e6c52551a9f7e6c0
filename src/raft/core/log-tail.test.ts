import assert from "node:assert/strict";
import { test } from "node:test";
import { diskWith } from "./core-cluster.ts";
import type { LogEntry } from "./log-entry.ts";
import { LogTail } from "./log-tail.ts";

const log = () => new LogTail(diskWith([1, 1, 3, 3, 5]).entries);

test("a log knows its terms, from 0 before the first entry to none after the last", () => {
  const tail = log();
  assert.deepEqual(
    [0, 1, 3, 5, 6].map((index) => tail.termAt(index)),
    [0, 1, 3, 5, undefined],
  );
  assert.deepEqual([tail.lastIndex, tail.lastTerm], [5, 5]);
});

test("logs agree where index and term are the same, and before the first entry", () => {
  assert.deepEqual(
    [log().agreesAt(0, 0), log().agreesAt(3, 3), log().agreesAt(3, 2), log().agreesAt(6, 5)],
    [true, true, false, false],
  );
});

test("the furthest entry that may agree with another log is not later and of no higher term", () => {
  assert.deepEqual(log().lastAtMost(9, 9), { index: 5, term: 5 });
  assert.deepEqual(log().lastAtMost(4, 2), { index: 2, term: 1 });
  assert.deepEqual(log().lastAtMost(4, 0), { index: 0, term: 0 });
});

test("a batch keeps to both limits, and holds one entry however large", () => {
  const tail = new LogTail([entryOf(1, 10), entryOf(2, 10), entryOf(3, 5000), entryOf(4, 10)]);
  const lengthFrom = (from: number) => tail.batch(from, { maxEntries: 3, maxBytes: 200 }).length;
  assert.deepEqual([1, 3, 4, 5].map(lengthFrom), [2, 1, 1, 0]);
  assert.equal(tail.batch(1, { maxEntries: 3, maxBytes: 1e6 }).length, 3);
});

test("gaps and falling terms are broken promises", () => {
  assert.throws(() => log().append([{ kind: "barrier", index: 7, term: 5 }]), /no gaps/);
  assert.throws(() => log().append([{ kind: "barrier", index: 6, term: 4 }]), /never fall/);
});

function entryOf(index: number, sizeBytes: number): LogEntry {
  return { kind: "command", index, term: 1, data: Buffer.alloc(sizeBytes) };
}
