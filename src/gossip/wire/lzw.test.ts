import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SeededRandom } from "../../base/index.ts";
import { lzwCompress, lzwDecompress } from "./lzw.ts";
import { Unreadable } from "./unreadable.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("a few bytes are a clear code, their literals and an end code, of nine bits each", () => {
  assert.equal(hex(lzwCompress(Buffer.from("TOBEOR"))), hexOfCodes([256, 84, 79, 66, 69, 79, 82, 257]));
  assert.equal(hex(lzwCompress(new Uint8Array())), hexOfCodes([256, 257]));
});

test("a string that repeats itself uses the entry that is just being made", () => {
  const compressed = lzwCompress(Buffer.from("aaaaaa"));
  assert.equal(hex(compressed), hexOfCodes([256, 97, 258, 259, 257]));
  assert.equal(Buffer.from(lzwDecompress(compressed, 100)).toString(), "aaaaaa");
});

test("what is compressed comes back, also when the table fills and is cleared", () => {
  const random = new SeededRandom("lzw");
  const noise = Uint8Array.from({ length: 50_000 }, () => random.below(256));
  const words = Buffer.from("alive suspect dead left ".repeat(4_000));
  for (const input of [noise, words, new Uint8Array(100_000)]) {
    assert.ok(Buffer.from(lzwDecompress(lzwCompress(input), input.length)).equals(input));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (input) => {
      assert.deepEqual(Buffer.from(lzwDecompress(lzwCompress(input), input.length)), Buffer.from(input));
    }),
  );
});

test("a full table without a clear code is read on", () => {
  const codes = [256, ...Array.from({ length: 5_000 }, (_, i) => i % 256), 257];
  const text = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i % 256));
  assert.ok(Buffer.from(lzwDecompress(Buffer.from(hexOfCodes(codes), "hex"), 5_000)).equals(text));
});

test("data that is cut off, undefined or beyond the limit is refused", () => {
  const whole = lzwCompress(new Uint8Array(100_000));
  assert.throws(() => lzwDecompress(whole.subarray(0, whole.length - 2), 100_000), Unreadable);
  assert.throws(() => lzwDecompress(whole, 99_999), /gives more than 99999 bytes/);
  assert.throws(() => lzwDecompress(Buffer.from(hexOfCodes([256, 258]), "hex"), 10), /undefined code/);
  assert.throws(() => lzwDecompress(Buffer.from(hexOfCodes([256, 1, 300]), "hex"), 10), /undefined code/);
  assert.throws(() => lzwDecompress(new Uint8Array(), 10), Unreadable);
});

/** Codes packed as the format says, their width growing with the table. */
function hexOfCodes(codes: readonly number[]): string {
  let [bits, entries, width] = ["", 257, 9];
  for (const code of codes) {
    bits = code.toString(2).padStart(width, "0") + bits;
    if (code === 256) [entries, width] = [257, 9];
    else if (++entries === 1 << width && width < 12) width += 1;
  }
  bits = bits.padStart(Math.ceil(bits.length / 8) * 8, "0");
  const bytes = bits.match(/.{8}/g)?.reverse() ?? [];
  return hex(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2)));
}
