import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageQueue } from "./message-queue.ts";

const never = new AbortController().signal;

test("a queue takes so many messages and bytes, then drops what comes until it is emptied", async () => {
  const small = new MessageQueue();
  const taken = Array.from({ length: 5000 }, () => small.push(Buffer.alloc(1))).filter(Boolean).length;
  assert.equal(taken, 4096);
  await small.take(never);
  assert.equal(small.push(Buffer.alloc(1)), true);

  const large = new MessageQueue();
  const megabytes = Array.from({ length: 100 }, () => large.push(Buffer.alloc(1024 * 1024))).filter(Boolean).length;
  assert.equal(megabytes, 32);
});

test("one message that is larger than the queue goes alone", () => {
  const queue = new MessageQueue();
  assert.equal(queue.push(Buffer.alloc(40 * 1024 * 1024)), true);
  assert.equal(queue.push(Buffer.alloc(1)), false);
});

test("whoever waits gets all that has come, or nothing when it is called off", async () => {
  const queue = new MessageQueue();
  const waiting = queue.take(never);
  queue.push(Buffer.from("a"));
  queue.push(Buffer.from("b"));
  assert.equal(Buffer.from((await waiting)!).toString("latin1"), "\0\0\0\x01a\0\0\0\x01b");
  const calledOff = new AbortController();
  const none = queue.take(calledOff.signal);
  calledOff.abort();
  assert.equal(await none, undefined);
});
