import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { compareValues } from "./value-order.ts";

const sign = (left: string, right: string) => Math.sign(compareValues(left, right));

test("two numbers go by value", () => {
  const ascending = ["-10", "-9.5", "-1e0", "0", "0.5", "9", "9.75", "1e1", "+11", "100", "9007199254740993"];
  for (const [at, later] of ascending.entries()) {
    for (const earlier of ascending.slice(0, at)) assert.equal(sign(earlier, later), -1, `${earlier} < ${later}`);
  }
});

test("a number is the same however it is written", () => {
  for (const same of ["10", "010", "10.0", "10.", "1e1", "+10"]) assert.equal(sign("10", same), 0, same);
});

test("whole numbers are exact at any size", () => {
  assert.equal(sign("9007199254740992", "9007199254740993"), -1);
  assert.equal(sign("-18446744073709551616", "-18446744073709551617"), 1);
});

test("what is not two numbers goes by bytes", () => {
  const cases = [
    ["a", "b"],
    ["10", "9a"],
    ["10 ", "9"],
    ["", "0"],
    ["0x10", "9"],
    ["1_0", "9"],
    ["1e999", "9"],
    ["Infinity", "a"],
    ["\uffee", "\u{10000}"],
    ["1".repeat(2000), "9"],
  ] as const;
  for (const [earlier, later] of cases) assert.equal(sign(earlier, later), -1, `${earlier} < ${later}`);
});

test("whole numbers compare as texts as they compare as numbers", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
      assert.equal(sign(a.toString(), b.toString()), a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test("turned round, an order is the opposite, and everything is level with itself", () => {
  const value = fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String));
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.equal(sign(a, b), 0 - sign(b, a));
      assert.equal(sign(a, a), 0);
    }),
  );
});
