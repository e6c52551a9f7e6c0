import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DeadlineQueue } from "./deadline-queue.ts";
import { instantOf } from "./instant.ts";
import { PriorityQueue } from "./priority-queue.ts";

test("a priority queue gives back everything, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const queue = new PriorityQueue<number>((a, b) => a < b);
      for (const number of numbers) queue.push(number);
      const out = numbers.map(() => queue.pop());
      assert.deepEqual(
        out,
        [...numbers].sort((a, b) => a - b),
      );
      assert.equal(queue.pop(), undefined);
    }),
  );
});

test("what is removed from anywhere in a priority queue is gone, and the rest comes in order", () => {
  const numbers = fc.array(fc.integer());
  fc.assert(
    fc.property(numbers, fc.array(fc.nat()), (pushed, removals) => {
      const items = pushed.map((value) => ({ value, place: -1 }));
      const queue = new PriorityQueue<{ value: number; place: number }>(
        (a, b) => a.value < b.value,
        (item, place) => {
          item.place = place;
        },
      );
      for (const item of items) queue.push(item);
      for (const removal of removals) {
        if (items.length === 0) break;
        const [item] = items.splice(removal % items.length, 1);
        queue.removeAt((item as { place: number }).place);
      }
      assert.equal(queue.size, items.length);
      const out = items.map(() => queue.pop()?.value);
      assert.deepEqual(
        out,
        items.map(({ value }) => value).sort((a, b) => a - b),
      );
    }),
  );
});

test("a key whose deadline moved is due at the new one only", () => {
  const queue = new DeadlineQueue<string>();
  queue.set("a", instantOf(10));
  queue.set("b", instantOf(20));
  queue.set("a", instantOf(30));
  assert.equal(queue.earliest(), 20);
  assert.deepEqual(queue.takeUntil(instantOf(25)), ["b"]);
  assert.deepEqual(queue.takeUntil(instantOf(30)), ["a"]);
  assert.equal(queue.earliest(), undefined);
});

test("a deleted key is never due", () => {
  const queue = new DeadlineQueue<string>();
  queue.set("a", instantOf(10));
  queue.delete("a");
  assert.deepEqual(queue.takeUntil(instantOf(99)), []);
  assert.equal(queue.size, 0);
});

test("setting a key to the same deadline twice makes it due once", () => {
  const queue = new DeadlineQueue<string>();
  queue.set("a", instantOf(10));
  queue.set("a", instantOf(10));
  assert.deepEqual(queue.takeUntil(instantOf(10)), ["a"]);
});
