import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatGoDuration, InvalidDuration, parseGoDuration } from "./go-duration.ts";
import { hours, microseconds, milliseconds, minutes, nanoseconds, seconds } from "./instant.ts";

test("durations are read as Go reads them", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["300ms", milliseconds(300)],
    ["1m30s", seconds(90)],
    ["168h", hours(168)],
    ["-1.5h", minutes(-90)],
    ["+.5s", milliseconds(500)],
    ["24.607µs", nanoseconds(24_607)],
    ["1us", microseconds(1)],
    ["1.0000000009s", nanoseconds(1_000_000_000)],
  ];
  for (const [text, expected] of cases) assert.equal(parseGoDuration(text), expected, text);
});

test("T54: a duration of more than a hundred characters is refused without being read", () => {
  assert.equal(parseGoDuration(`${"0".repeat(98)}1s`), seconds(1));
  for (const text of [`${"0".repeat(99)}1s`, "1s".repeat(500_000)]) {
    assert.throws(() => parseGoDuration(text), InvalidDuration);
  }
});

test("what is no duration is refused in Go's words", () => {
  const cases: [string, string][] = [
    ["10", 'time: missing unit in duration "10"'],
    ["zz", 'time: invalid duration "zz"'],
    ["", 'time: invalid duration ""'],
    ["1 s", 'time: unknown unit " s" in duration "1 s"'],
    ["3d", 'time: unknown unit "d" in duration "3d"'],
    [".s", 'time: invalid duration ".s"'],
    ["9999999h", 'time: invalid duration "9999999h"'],
  ];
  for (const [text, message] of cases) assert.throws(() => parseGoDuration(text), { name: "InvalidDuration", message });
});

test("a text too long to be a duration is refused without work", () => {
  assert.throws(() => parseGoDuration(`${"9".repeat(1_000_000)}s`), InvalidDuration);
});

test("durations are printed as Go prints them", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [1, "1ns"],
    [24_607, "24.607µs"],
    [400_477_798, "400.477798ms"],
    [seconds(1), "1s"],
    [seconds(90), "1m30s"],
    [minutes(60), "1h0m0s"],
    [hours(168), "168h0m0s"],
    [milliseconds(1500), "1.5s"],
    [milliseconds(-1500), "-1.5s"],
  ];
  for (const [value, expected] of cases) assert.equal(formatGoDuration(nanoseconds(value)), expected);
});

test("every exact duration survives being printed and read", () => {
  fc.assert(
    fc.property(fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }), (value) => {
      assert.equal(parseGoDuration(formatGoDuration(nanoseconds(value))), value);
    }),
  );
});
