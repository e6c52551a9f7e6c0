import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, seconds } from "../../base/index.ts";
import { ManualClock, settled } from "../../runtime/index.ts";
import { Alarm } from "./alarm.ts";

function sleeper() {
  const [clock, ended] = [new ManualClock(), new AbortController()];
  const alarm = new Alarm(clock);
  let awake = 0;
  const sleepUntil = (second?: number) => {
    const when = second === undefined ? undefined : instantOf(seconds(second));
    return alarm.sleepUntil(when, ended.signal).then(() => {
      awake += 1;
    });
  };
  return { clock, alarm, sleepUntil, end: () => ended.abort(), awake: () => awake };
}

test("a sleep lasts until what was due first", async () => {
  const { clock, sleepUntil, awake } = sleeper();
  sleepUntil(10);
  await clock.advance(seconds(9));
  assert.equal(awake(), 0);
  await clock.advance(seconds(1));
  assert.equal(awake(), 1);
});

test("an earlier deadline ends a sleep, a later one does not", async () => {
  const { alarm, sleepUntil, awake } = sleeper();
  sleepUntil(10);
  alarm.setFor(instantOf(seconds(11)));
  await settled();
  assert.equal(awake(), 0);
  alarm.setFor(instantOf(seconds(5)));
  await settled();
  assert.equal(awake(), 1);
});

test("without a deadline a sleep lasts until one is set", async () => {
  const { clock, alarm, sleepUntil, awake } = sleeper();
  sleepUntil();
  await clock.advance(seconds(1_000_000));
  assert.equal(awake(), 0);
  alarm.setFor(instantOf(seconds(2_000_000)));
  await settled();
  assert.equal(awake(), 1);
});

test("when its signal fires nothing is left of a sleep", async () => {
  const { clock, sleepUntil, end } = sleeper();
  const slept = sleepUntil(10);
  end();
  await slept;
  assert.equal(clock.waiting, 0);
});
