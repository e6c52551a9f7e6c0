import assert from "node:assert/strict";
import { test } from "node:test";
import { byteSize, mebibytes, percentage, shortID } from "./quantities.ts";

test("sizes are told in powers of 1024 with at most one decimal", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [9, "9 B"],
    [10, "10 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [4096, "4.0 KiB"],
    [5530, "5.4 KiB"],
    [10_190, "10 KiB"],
    [18 * 1024 ** 2 + 300_000, "18 MiB"],
    [25_276_063_744, "24 GiB"],
    [1024 ** 6, "1.0 EiB"],
  ];
  for (const [bytes, text] of cases) assert.equal(byteSize(bytes), text);
  assert.equal(mebibytes(300), "300 MiB");
});

test("shares have two decimals, IDs eight characters", () => {
  assert.equal(percentage(73.267), "73.27%");
  assert.equal(shortID("0d1d5849-6d2a-3aff", { whole: false }), "0d1d5849");
  assert.equal(shortID("0d1d5849-6d2a-3aff", { whole: true }), "0d1d5849-6d2a-3aff");
});
