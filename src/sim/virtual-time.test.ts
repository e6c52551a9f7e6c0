import assert from "node:assert/strict";
import { test } from "node:test";
import { between, hours, inSeconds, later, minutes, SeededRandom, seconds } from "../base/index.ts";
import { passing } from "./passing.ts";
import { beginning, VirtualTime } from "./virtual-time.ts";

/** Lets everything happen that is to happen. */
function passAll(time: VirtualTime): void {
  while (time.next() !== undefined) time.step();
}

test("events come in the order of their instants, and an idle hour costs nothing", () => {
  const time = new VirtualTime();
  const seen: string[] = [];
  const note = (what: string) => () => seen.push(`${inSeconds(between(beginning, time.now()))} ${what}`);
  time.at(later(beginning, hours(1)), note("last"));
  time.at(later(beginning, seconds(2)), note("second"));
  time.at(later(beginning, seconds(1)), note("first"));
  passAll(time);
  assert.deepEqual(seen, ["1 first", "2 second", "3600 last"]);
});

test("of events at one instant, the one that was asked for first comes first", () => {
  const time = new VirtualTime();
  const seen: number[] = [];
  for (let number = 0; number < 20; number++) time.at(later(beginning, seconds(1)), () => seen.push(number));
  passAll(time);
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, number) => number),
  );
});

test("time never goes back: what is asked for too late happens now, after what was asked for before", () => {
  const time = new VirtualTime();
  const seen: string[] = [];
  time.at(later(beginning, minutes(1)), () => {
    time.at(beginning, () => seen.push(`late at ${inSeconds(between(beginning, time.now()))}`));
  });
  time.at(later(beginning, minutes(1)), () => seen.push("in time"));
  passAll(time);
  assert.deepEqual(seen, ["in time", "late at 60"]);
});

test("what is canceled neither happens nor moves the time", () => {
  const time = new VirtualTime();
  const seen: string[] = [];
  const cancel = time.at(later(beginning, seconds(1)), () => seen.push("canceled"));
  time.at(later(beginning, seconds(2)), () => seen.push("kept"));
  cancel();
  assert.equal(time.next(), later(beginning, seconds(2)));
  time.step();
  assert.deepEqual(seen, ["kept"]);
  assert.equal(time.next(), undefined);
  time.step();
  assert.equal(time.now(), later(beginning, seconds(2)));
});

test("whatever is canceled, wherever it stands in the queue, the rest comes in order", () => {
  const random = new SeededRandom("canceled");
  const time = new VirtualTime();
  const seen: number[] = [];
  const timers = Array.from({ length: 500 }, (_, number) => {
    const when = later(beginning, seconds(random.below(100)));
    return { number, when, cancel: time.at(when, () => seen.push(number)) };
  });
  const kept = timers.filter(() => random.below(3) === 0);
  for (const timer of timers) if (!kept.includes(timer)) timer.cancel();
  for (const { cancel } of timers.slice(0, 10)) cancel();
  passAll(time);
  const expected = kept.filter(({ number }) => number >= 10).toSorted((a, b) => between(b.when, a.when));
  assert.deepEqual(
    seen,
    expected.map(({ number }) => number),
  );
});

test("a sleep that is ended leaves no event behind", async () => {
  const time = new VirtualTime();
  const ended = new AbortController();
  const sleep = time.sleep(hours(1), ended.signal);
  ended.abort(new Error("enough"));
  await assert.rejects(sleep, /enough/);
  assert.equal(time.next(), undefined);
});

test("waiting for what never happens is said, not waited for", async () => {
  const time = new VirtualTime();
  await assert.rejects(passing(time, new Promise(() => {})), { name: "NothingHappens" });
  assert.equal(
    await passing(
      time,
      time.sleep(hours(1), new AbortController().signal).then(() => "woken"),
    ),
    "woken",
  );
});
