import assert from "node:assert/strict";
import { test } from "node:test";
import { formatGoTime, parseGoTime } from "./go-time.ts";

test("times are written in UTC without trailing zeros of the fraction", () => {
  assert.equal(formatGoTime(0), "1970-01-01T00:00:00Z");
  assert.equal(formatGoTime(1_500_000_000), "1970-01-01T00:00:01.5Z");
  assert.equal(formatGoTime(1_000_000_001), "1970-01-01T00:00:01.000000001Z");
  assert.equal(formatGoTime(Date.UTC(2026, 10, 22, 10, 19, 9) * 1e6), "2026-11-22T10:19:09Z");
  assert.equal(formatGoTime(-1), "1969-12-31T23:59:59.999999999Z");
});

test("a time of today is written to the 256 nanoseconds that a number holds", () => {
  const today = Number(1795342749549434453n);
  const written = formatGoTime(today);
  assert.match(written, /^2026-11-22T10:19:09\.54943\d+Z$/);
  assert.equal(parseGoTime(written), today);
});

test("times with any offset are read, and what is no time is not", () => {
  assert.equal(parseGoTime("1970-01-01T01:00:00+01:00"), 0);
  assert.equal(parseGoTime("1970-01-01T00:00:01.25Z"), 1_250_000_000);
  for (const text of ["", "yesterday", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00"]) {
    assert.equal(parseGoTime(text), undefined);
  }
});
