import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeGoTime, encodeGoTime } from "./go-binary-time.ts";
import { zeroTime } from "./go-time.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("a time never set is all zeros, in UTC", () => {
  for (const never of [null, zeroTime, "no time"]) {
    assert.equal(hex(encodeGoTime(never)), `01${"00".repeat(12)}ffff`);
  }
  assert.equal(decodeGoTime(encodeGoTime(null)), zeroTime);
});

test("a time counts seconds from the year 1, and nanoseconds", () => {
  assert.equal(hex(encodeGoTime("1970-01-01T00:00:00.5Z")), `010000000e7791f7001dcd6500ffff`);
  assert.equal(decodeGoTime(Buffer.from("010000000e7791f7001dcd65000078", "hex")), "1970-01-01T00:00:00.5Z");
});

test("what is written is read back", () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  fc.assert(
    fc.property(seconds, (each) => {
      const text = new Date(each * 1000).toISOString().replace(".000", "");
      assert.equal(decodeGoTime(encodeGoTime(text)), text);
    }),
  );
});

test("any other bytes are no time", () => {
  for (const bytes of ["", "01", "02".repeat(15), "017fffffffffffffff00000000ffff", "010000000e7791f7007fffffffffff"]) {
    assert.equal(decodeGoTime(Buffer.from(bytes, "hex")), undefined, bytes);
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 15, maxLength: 15 }), (bytes) => {
      bytes[0] = 1;
      assert.doesNotThrow(() => decodeGoTime(bytes));
    }),
  );
});
