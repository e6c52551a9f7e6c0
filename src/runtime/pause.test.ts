import assert from "node:assert/strict";
import { test } from "node:test";
import { between, milliseconds, seconds } from "../base/index.ts";
import { ManualClock, settled } from "./manual-clock.ts";
import { pause, sleepOn } from "./pause.ts";

test("a pause ends at its time and not before", async () => {
  const clock = new ManualClock();
  let answer: boolean | undefined;
  pause(clock, seconds(1), new AbortController().signal).then((waited) => {
    answer = waited;
  });
  await clock.advance(milliseconds(999));
  assert.equal(answer, undefined);
  await clock.advance(milliseconds(1));
  assert.equal(answer, true);
});

test("a signal ends a pause at once, also one that has fired before, and leaves no alarm behind", async () => {
  const clock = new ManualClock();
  const ending = new AbortController();
  const pausing = pause(clock, seconds(1), ending.signal);
  assert.equal(clock.waiting, 1);
  ending.abort();
  assert.equal(await pausing, false);
  assert.equal(await pause(clock, seconds(1), ending.signal), false);
  assert.equal(clock.waiting, 0);
});

test("sleep rejects with the signal's reason when that fires first", async () => {
  const clock = new ManualClock();
  const ending = new AbortController();
  const sleeping = sleepOn(clock, seconds(1), ending.signal);
  ending.abort(new Error("enough"));
  await assert.rejects(sleeping, /enough/);
  await assert.rejects(sleepOn(clock, seconds(1), ending.signal), /enough/);
});

test("alarms come one after the other, each at its instant, those of one instant in the order they were asked for", async () => {
  const clock = new ManualClock();
  const start = clock.now();
  const heard: string[] = [];
  const at = (name: string, time: number) =>
    sleepOn(clock, milliseconds(time), new AbortController().signal).then(() =>
      heard.push(`${name} ${between(start, clock.now()) / 1e6}`),
    );
  for (const [name, time] of [
    ["c", 30],
    ["a", 10],
    ["b", 10],
    ["never", 41],
  ] as const)
    at(name, time);
  await clock.advance(milliseconds(40));
  assert.deepEqual(heard, ["a 10", "b 10", "c 30"]);
  await settled();
  assert.equal(clock.waiting, 1);
});
