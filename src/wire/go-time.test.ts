import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRfc3339, instantOf } from "../base/index.ts";
import { parseGoTime } from "./go-time.ts";

test("a time of today is read back to the 256 nanoseconds that a number holds", () => {
  const today = Number(1795342749549434453n);
  const written = formatRfc3339(instantOf(today));
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
