import assert from "node:assert/strict";
import { test } from "node:test";
import { GatheringPace } from "./gathering-pace.ts";
import { type Instant, inMilliseconds, instantOf, later, milliseconds } from "./instant.ts";

const start = instantOf(1_000_000_000);
const freshPace = () => new GatheringPace(start, { least: milliseconds(10), oneIn: milliseconds(200), before: 4 });

/** How long each of some batches waits, in milliseconds, if there is always something to tell. */
function waits(pace: GatheringPace, from: Instant, count: number): number[] {
  let now = from;
  return Array.from({ length: count }, () => {
    const wait = pace.nextWait(now);
    now = later(now, wait);
    return inMilliseconds(wait);
  });
}

test("who has little to tell tells it at once, and who has much gathers it", () => {
  assert.deepEqual(waits(freshPace(), start, 8), [10, 10, 10, 10, 160, 200, 200, 200]);
});

test("however long nothing was told, no more than a few batches go before", () => {
  const pace = freshPace();
  waits(pace, start, 20);
  assert.deepEqual(waits(pace, later(start, milliseconds(3_600_000)), 5), [10, 10, 10, 10, 160]);
});
