import assert from "node:assert/strict";
import { test } from "node:test";
import { between, isBefore, later, milliseconds } from "../../base/index.ts";
import { NodeClock } from "./node-clock.ts";

test("the clock shows the time of day and never goes backwards", () => {
  const clock = new NodeClock();
  let before = clock.now();
  assert.ok(Math.abs(before / 1e6 - Date.now()) < 5_000);
  for (let i = 0; i < 1_000; i++) {
    const now = clock.now();
    assert.ok(now >= before);
    before = now;
  }
});

test("T48: the time of day follows the machine's clock when it is set, and time itself does not", () => {
  let off = 0;
  const clock = new NodeClock(() => Date.now() + off);
  const isOffBy = (expected: number) => {
    const ahead = (clock.wallTime() - clock.now()) / 1e6;
    assert.ok(Math.abs(ahead - expected) < 1_000, `${ahead} ms ahead of the clock, which was set by ${expected} ms`);
  };
  const begun = clock.now();
  for (const by of [0, 3_600_000, -86_400_000, 100 * 365 * 86_400_000, 0]) {
    off = by;
    isOffBy(by);
  }
  assert.ok(between(begun, clock.now()) < milliseconds(10_000));
});

test("the time of day is in order while nobody sets the clock, and finer than its milliseconds", () => {
  const clock = new NodeClock();
  let before = clock.wallTime();
  let finer = 0;
  for (let i = 0; i < 1_000; i++) {
    const now = clock.wallTime();
    assert.ok(now >= before);
    if (now % 1e6 !== 0) finer += 1;
    before = now;
  }
  assert.ok(finer > 0);
});

test("a wake comes at its time or soon after, never before", async () => {
  const clock = new NodeClock();
  const when = later(clock.now(), milliseconds(5));
  await new Promise<void>((resolve) => clock.at(when, resolve));
  assert.ok(!isBefore(clock.now(), when));
});

test("a cancelled wake does not come", async () => {
  const clock = new NodeClock();
  let woken = false;
  const cancel = clock.at(later(clock.now(), milliseconds(2)), () => {
    woken = true;
  });
  cancel();
  await new Promise<void>((resolve) => clock.at(later(clock.now(), milliseconds(10)), resolve));
  assert.equal(woken, false);
});

test("a wake in the past comes soon, but not before `at` has returned", async () => {
  const clock = new NodeClock();
  const order: string[] = [];
  const woken = new Promise<void>((resolve) => {
    clock.at(clock.now(), () => {
      order.push("woken");
      resolve();
    });
  });
  order.push("returned");
  await woken;
  assert.deepEqual(order, ["returned", "woken"]);
});

test("sleep ends early, with the signal's reason, when the signal fires", async () => {
  const clock = new NodeClock();
  const controller = new AbortController();
  const start = clock.now();
  const sleep = clock.sleep(milliseconds(60_000), controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(sleep, /enough/);
  await assert.rejects(clock.sleep(milliseconds(60_000), controller.signal), /enough/);
  assert.ok(between(start, clock.now()) < milliseconds(10_000));
});
