import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatNumber } from "./format-number.ts";

test("numbers are written without exponents", () => {
  assert.equal(formatNumber(4), "4");
  assert.equal(formatNumber(-0.25), "-0.25");
  assert.equal(formatNumber(1.5e-7), "0.00000015");
  assert.equal(formatNumber(-1.25e21), "-1250000000000000000000");
});

test("a number written out reads back as itself", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(Number(formatNumber(value)) === value);
    }),
  );
});
