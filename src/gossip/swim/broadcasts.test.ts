import assert from "node:assert/strict";
import { test } from "node:test";
import { Broadcasts, retransmitLimit } from "./broadcasts.ts";

const room = { budgetBytes: 100, overheadBytes: 2, most: 10, limit: 2 };
const texts = (messages: readonly Uint8Array[]) => messages.map((message) => Buffer.from(message).toString());
const message = (text: string) => ({ message: Buffer.from(text) });

test("what was sent least goes first, the newest of that, and after its number of times it is gone", () => {
  const queue = new Broadcasts(10);
  queue.queue(message("one"));
  assert.deepEqual(texts(queue.take(room)), ["one"]);
  queue.queue(message("two"));
  queue.queue(message("three"));
  assert.deepEqual(texts(queue.take(room)), ["three", "two", "one"]);
  assert.deepEqual(texts(queue.take(room)), ["three", "two"]);
  assert.equal(queue.size, 0);
});

test("a newer message about a member replaces the older, which is then done with", () => {
  const queue = new Broadcasts(10);
  let finished = 0;
  queue.queue({ ...message("suspect m1"), about: "m1", finished: () => finished++ });
  queue.queue({ ...message("alive m1"), about: "m1" });
  assert.equal(finished, 1);
  assert.deepEqual(texts(queue.take(room)), ["alive m1"]);
});

test("a packet is filled and not overfilled, and the queue has a limit", () => {
  const queue = new Broadcasts(3);
  for (const text of ["12345678", "1234567890", "12", "123"]) queue.queue(message(text));
  assert.equal(queue.size, 3);
  assert.deepEqual(texts(queue.take({ ...room, budgetBytes: 16 })), ["123", "12"]);
  assert.deepEqual(texts(queue.take({ ...room, most: 1 })), ["1234567890"]);
});

test("each is sent the more often the greater the pool", () => {
  assert.deepEqual(
    [1, 9, 10, 99, 100].map((members) => retransmitLimit(4, members)),
    [4, 4, 8, 8, 12],
  );
});
