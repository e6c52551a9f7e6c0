import assert from "node:assert/strict";
import { test } from "node:test";
import { GrowingBytes } from "./growing-bytes.ts";

test("pieces become one, and taking them starts anew", () => {
  const bytes = new GrowingBytes();
  for (let each = 0; each < 1_000; each++) bytes.append(Uint8Array.of(each % 256));
  assert.equal(bytes.length, 1_000);
  assert.deepEqual(
    [...bytes.take()],
    Array.from({ length: 1_000 }, (_, at) => at % 256),
  );
  assert.equal(bytes.length, 0);
  assert.equal(bytes.capacity, 0);
});

test("a million pieces of one byte take little more room than their bytes", () => {
  const bytes = new GrowingBytes();
  const chunk = new Uint8Array(65_536);
  for (let each = 0; each < 1_000_000; each++) bytes.append(chunk.subarray(each % 1_000, (each % 1_000) + 1));
  assert.equal(bytes.length, 1_000_000);
  assert.ok(bytes.capacity < 2_100_000);
});

test("what was taken does not change when more is added", () => {
  const bytes = new GrowingBytes();
  bytes.append(Uint8Array.of(1, 2, 3));
  const taken = bytes.take();
  bytes.append(Uint8Array.of(9, 9, 9));
  assert.deepEqual([...taken], [1, 2, 3]);
});
