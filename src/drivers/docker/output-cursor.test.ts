import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beginning, CursorWalk, type OutputCursor, sinceCursor } from "./output-cursor.ts";

const none = new Uint8Array();

/** What is new of pieces at these times, as the engine gives them from the cursor's time on. */
function walked(times: readonly number[], from: OutputCursor): { fresh: number; cursor: OutputCursor } {
  const walk = new CursorWalk(from);
  const told = times.filter((time) => BigInt(time) >= from.time);
  const fresh = told.filter((time) => walk.isNew({ time: BigInt(time), text: none })).length;
  return { fresh, cursor: walk.cursor };
}

test("wherever an output is left and taken up again, each piece is new once, also among pieces of one time", () => {
  const times = fc.array(fc.nat(5), { maxLength: 20 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(times, fc.array(fc.nat(20), { maxLength: 4 }), (all, leaves) => {
      let cursor = beginning;
      let fresh = 0;
      for (const leave of [...leaves.sort((a, b) => a - b), all.length]) {
        const step = walked(all.slice(0, leave), cursor);
        fresh += step.fresh;
        cursor = step.cursor;
        assert.equal(fresh, Math.max(0, Math.min(all.length, leave)));
      }
    }),
  );
});

test("a clock that is set back makes nothing old", () => {
  const walk = new CursorWalk(beginning);
  assert.deepEqual(
    [5, 6, 2, 2, 3].map((time) => walk.isNew({ time: BigInt(time), text: none })),
    [true, true, true, true, true],
  );
});

test("the engine is asked from a time to the nanosecond", () => {
  assert.equal(sinceCursor({ time: 1_795_417_201_000_000_005n, pieces: 1 }), "1795417201.000000005");
  assert.equal(sinceCursor(beginning), "0.000000000");
});
