import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, instantOf, later, milliseconds, seconds } from "../../base/index.ts";
import { Rush } from "./rush.ts";

const begin = instantOf(seconds(100));

/** Lets `count` evaluations come, one every `each`, and says when the last came. */
function stream(rush: Rush, { from = begin, count, each }: { from?: typeof begin; count: number; each: Duration }) {
  let now = from;
  for (let at = 0; at < count; at++) {
    if (at > 0) now = later(now, each);
    rush.came(now);
  }
  return now;
}

test("many that come within a moment are a rush, until none has come for as long", () => {
  const rush = new Rush();
  const last = stream(rush, { count: 31, each: milliseconds(1) });
  assert.equal(rush.isOn(last), false);
  rush.came(last);
  assert.equal(rush.isOn(last), true);
  assert.equal(rush.isOn(later(last, milliseconds(100))), false);
});

test("as many that come in their time are none", () => {
  const rush = new Rush();
  assert.equal(rush.isOn(stream(rush, { count: 1000, each: milliseconds(4) })), false);
});

test("a stream without end is none after half a minute, and the next one is", () => {
  const rush = new Rush();
  const each = milliseconds(1);
  assert.equal(rush.isOn(stream(rush, { count: 29_900, each })), true);
  const last = stream(rush, { from: later(begin, milliseconds(29_900)), count: 30_000, each });
  assert.equal(rush.isOn(last), false);
  assert.equal(rush.isOn(stream(rush, { from: later(last, seconds(1)), count: 40, each })), true);
});
