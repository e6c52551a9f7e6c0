import assert from "node:assert/strict";
import { test } from "node:test";
import { firstOf } from "./first-of.ts";
import { WakeUp } from "./wake-up.ts";

/** A notice that tells how many wait for it. */
function counted(wakeUp = new WakeUp()) {
  let waiting = 0;
  return {
    notify: () => wakeUp.notify(),
    waiting: () => waiting,
    next: (happened: () => void) => {
      waiting += 1;
      const stop = wakeUp.next(happened);
      return () => {
        waiting -= 1;
        stop();
      };
    },
  };
}

test("the first thing that happens ends the wait for all of them", async () => {
  const [one, other] = [counted(), counted()];
  const waited = firstOf(new AbortController().signal, one.next, other.next);
  assert.deepEqual([one.waiting(), other.waiting()], [1, 1]);
  other.notify();
  await waited;
  assert.deepEqual([one.waiting(), other.waiting()], [0, 0]);
});

test("a signal ends the wait, also one that has fired before", async () => {
  const [ended, never] = [new AbortController(), counted()];
  const waited = firstOf(ended.signal, never.next);
  ended.abort();
  await waited;
  await firstOf(ended.signal, never.next);
  assert.equal(never.waiting(), 0);
});

test("a notice wakes all who wait, each once, and is not kept for those who come later", async () => {
  const [wakeUp, ended] = [new WakeUp(), new AbortController()];
  const woken: string[] = [];
  const waits = ["a", "b"].map((name) => wakeUp.wait(ended.signal).then(() => woken.push(name)));
  wakeUp.notify();
  wakeUp.notify();
  await Promise.all(waits);
  const late = wakeUp.wait(ended.signal).then(() => woken.push("late"));
  await Promise.resolve();
  assert.deepEqual(woken, ["a", "b"]);
  ended.abort();
  await late;
});
