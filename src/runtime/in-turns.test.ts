import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, instantOf, milliseconds } from "../base/index.ts";
import { inTurns } from "./in-turns.ts";
import { settled } from "./manual-clock.ts";

/** A clock on which time passes only where a test says so; who is woken waits until the test lets it happen. */
function scriptedClock() {
  let now = 0;
  const wakes: (() => void)[] = [];
  return {
    now: (): Instant => instantOf(now),
    at: (_when: Instant, wake: () => void) => {
      wakes.push(wake);
      return () => {};
    },
    passes: (time: number) => {
      now += milliseconds(time);
    },
    wakes,
  };
}

test("what waits comes between the steps of long work, and not after every one of them", async () => {
  const clock = scriptedClock();
  const order: string[] = [];
  function* work() {
    for (let step = 1; step <= 7; step++) {
      order.push(`step ${step}`);
      clock.passes(4);
      yield;
    }
    return "done";
  }
  const done = inTurns(clock, work());
  for (let turn = 1; turn <= 2; turn++) {
    order.push(`something else ${turn}`);
    clock.wakes.shift()?.();
    await settled();
  }
  assert.equal(await done, "done");
  assert.deepEqual(order, [
    ...["step 1", "step 2", "step 3", "something else 1"],
    ...["step 4", "step 5", "step 6", "something else 2"],
    "step 7",
  ]);
});

test("work that takes no time is done in one go", async () => {
  const clock = scriptedClock();
  let steps = 0;
  function* work() {
    for (; steps < 1000; steps++) yield;
  }
  const done = inTurns(clock, work());
  assert.equal(steps, 1000);
  await done;
  assert.deepEqual(clock.wakes, []);
});
