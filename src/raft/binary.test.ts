import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryReader, BinaryWriter } from "./binary.ts";

test("every piece is read as it was written, wherever the room for it ends", () => {
  const bytes = Uint8Array.of(7, 8, 9);
  for (let before = 0; before < 40; before++) {
    const writer = new BinaryWriter(20).raw(new Uint8Array(before));
    writer.byte(200).flag(true).count(4_000_000_000).whole(200_000_000_000_000).text("é").bytes(bytes).raw(bytes);
    const reader = new BinaryReader(writer.take().subarray(before));
    assert.deepEqual([reader.byte(), reader.flag(), reader.count()], [200, true, 4_000_000_000]);
    assert.deepEqual([reader.whole(), reader.text()], [200_000_000_000_000, "é"]);
    assert.deepEqual(
      [Buffer.from(reader.bytes()), Buffer.from(reader.rest())],
      [Buffer.from(bytes), Buffer.from(bytes)],
    );
  }
});

test("a number that does not fit is not written", () => {
  assert.throws(() => new BinaryWriter().whole(2 ** 48), RangeError);
  assert.throws(() => new BinaryWriter().whole(-1), RangeError);
  assert.throws(() => new BinaryWriter().count(2 ** 32), RangeError);
});
