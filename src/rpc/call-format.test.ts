import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, milliseconds } from "../base/index.ts";
import { ManualClock, settled } from "../runtime/index.ts";
import { encodeMsgpack, InvalidMsgpack } from "../wire/index.ts";
import { decodeInSlices } from "./call-format.ts";

const clock = new ManualClock(instantOf(0));

test("a short message is there at once: whoever reads it takes no other turn than one that reads it quickly", () => {
  assert.deepEqual(decodeInSlices(clock, encodeMsgpack(["a", 1])), ["a", 1]);
});

test("a long message is read in turns, between which others have theirs", async () => {
  const list = Array.from({ length: 600_000 }, (_, at) => at % 100);
  let read: unknown;
  const reading = Promise.resolve(decodeInSlices(clock, encodeMsgpack(list))).then((value) => {
    read = value;
  });
  await settled();
  assert.equal(read, undefined);
  for (await settled(); read === undefined; await settled()) await clock.advance(milliseconds(0));
  await reading;
  assert.deepEqual(read, list);
});

test("what is no message is refused", () => {
  assert.throws(() => decodeInSlices(clock, Uint8Array.of(0xc1)), InvalidMsgpack);
});
