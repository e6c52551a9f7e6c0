import assert from "node:assert/strict";
import { test } from "node:test";
import { inSeconds, instantOf, later, seconds } from "../../base/index.ts";
import { Suspicions, suspicionSpan, suspicionTimeout } from "./suspicion.ts";
import { LAN_TIMING } from "./timing.ts";

const start = instantOf(0);

test("the span grows with the logarithm of the pool, and a small pool expects no witnesses", () => {
  assert.deepEqual(suspicionSpan(2, LAN_TIMING), { min: seconds(4), max: seconds(24), expected: 0 });
  assert.deepEqual(suspicionSpan(100, LAN_TIMING), { min: seconds(8), max: seconds(48), expected: 2 });
});

test("each witness shortens the time, the last to its shortest", () => {
  const span = { min: seconds(5), max: seconds(30), expected: 3 };
  const timeouts = [0, 1, 2, 3, 9].map((count) => inSeconds(suspicionTimeout(count, span)));
  assert.deepEqual(timeouts.map(Math.round), [30, 18, 10, 5, 5]);
  assert.equal(suspicionTimeout(0, { ...span, expected: 0 }), seconds(5));
});

test("a witness counts once, the accuser does not confirm itself, and more than expected change nothing", () => {
  const suspicions = new Suspicions();
  suspicions.begin(start, "x", "a", { min: seconds(5), max: seconds(30), expected: 2 });
  assert.deepEqual(
    ["a", "b", "b", "c", "d"].map((witness) => suspicions.confirm("x", witness)),
    [false, true, false, true, false],
  );
  assert.equal(suspicions.wakeAt(), later(start, seconds(5)));
  assert.deepEqual(suspicions.takeExpired(later(start, seconds(5))), [
    { suspect: "x", confirmations: 2, expected: 2, hasAnswered: false },
  ]);
  assert.equal(suspicions.has("x"), false);
});

test("who was not there to listen gives suspects that time back", () => {
  const suspicions = new Suspicions();
  suspicions.begin(start, "x", "a", { min: seconds(5), max: seconds(30), expected: 0 });
  suspicions.extend(seconds(45));
  assert.deepEqual(suspicions.takeExpired(later(start, seconds(49))), []);
  assert.equal(suspicions.takeExpired(later(start, seconds(50))).length, 1);
});
