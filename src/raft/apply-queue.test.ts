import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, later, milliseconds } from "../base/index.ts";
import { ApplyQueue } from "./apply-queue.ts";
import type { LogEntry } from "./core/log-entry.ts";

const entries = (from: number, through: number): LogEntry[] =>
  Array.from({ length: through - from + 1 }, (_, i) => ({ kind: "barrier", index: from + i, term: 1 }));

/** A queue of which each entry takes so long, in milliseconds; `slices` are those that wait for their turn. */
function queueOf(each: number) {
  let now = instantOf(0);
  const applied: number[] = [];
  const slices: (() => void)[] = [];
  const apply = ({ index }: LogEntry) => {
    now = later(now, milliseconds(each));
    applied.push(index);
    return undefined;
  };
  const queue = new ApplyQueue({ now: () => now }, 0, apply, (resume) => {
    slices.push(resume);
    return () => slices.splice(slices.indexOf(resume), 1);
  });
  return { queue, applied, slices };
}

test("entries are applied at once, unless they take long together: then others have a turn", () => {
  const { queue, applied, slices } = queueOf(4);
  queue.push(entries(1, 2));
  assert.deepEqual([applied, slices.length], [[1, 2], 0]);
  queue.push(entries(3, 7));
  queue.push(entries(8, 8));
  assert.deepEqual([applied.length, queue.pending, slices.length], [5, 3, 1]);
  slices.shift()?.();
  assert.deepEqual([applied, queue.pending, slices.length], [[1, 2, 3, 4, 5, 6, 7, 8], 0, 0]);
});

test("many entries that take no time are applied in slices too", () => {
  const { queue, applied, slices } = queueOf(0);
  queue.push(entries(1, 600));
  assert.equal(applied.length, 256);
  while (slices.length > 0) slices.shift()?.();
  assert.deepEqual([applied.length, queue.appliedIndex], [600, 600]);
});
