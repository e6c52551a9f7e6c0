import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CronLine } from "./cron.ts";

const at = (text: string) => Date.parse(text) / 1000;
const next = (spec: string, after: string) => {
  const moment = new CronLine(spec).after(at(after));
  return moment === undefined ? "never" : new Date(moment * 1000).toISOString().slice(0, 19);
};

test("five fields, a year behind them, and seconds before all", () => {
  assert.equal(next("30 4 1,15 * *", "2026-11-02T00:00:00Z"), "2026-11-15T04:30:00");
  assert.equal(next("0 0 1 1 * 2030,2032", "2030-01-01T00:00:00Z"), "2032-01-01T00:00:00");
  assert.equal(next("*/20 * * * * * *", "2026-11-22T10:19:45Z"), "2026-11-22T10:20:00");
  assert.equal(next("*/20 * * * * * 2027", "2026-11-22T10:19:45Z"), "2027-01-01T00:00:00");
  assert.equal(next("5 4 * * * * * and more", "2026-11-22T10:19:45Z"), "2026-11-22T11:04:05");
});

test("a moment that is meant is not after itself, and one within it is", () => {
  assert.equal(next("0 10 * * *", "2026-11-22T10:00:00Z"), "2026-11-23T10:00:00");
  assert.equal(next("0 10 * * *", "2026-11-22T09:59:59.999Z"), "2026-11-22T10:00:00");
  assert.equal(next("0 10 * * *", "2026-11-22T10:00:00.001Z"), "2026-11-23T10:00:00");
});

test("the short names of common lines", () => {
  const after = "2026-11-22T10:19:45Z";
  assert.equal(next("@yearly", after), "2027-01-01T00:00:00");
  assert.equal(next(" @annually ", after), "2027-01-01T00:00:00");
  assert.equal(next("@monthly", after), "2026-12-01T00:00:00");
  assert.equal(next("@weekly", after), "2026-11-29T00:00:00");
  assert.equal(next("@daily", after), "2026-11-23T00:00:00");
  assert.equal(next("@hourly", after), "2026-11-22T11:00:00");
});

test("days of the month and of the week add up; where one field is *, the other decides", () => {
  assert.equal(next("0 0 13 * fri", "2026-11-13T00:00:00Z"), "2026-11-20T00:00:00");
  assert.equal(next("0 0 13 * *", "2026-11-13T00:00:00Z"), "2026-12-13T00:00:00");
  assert.equal(next("0 0 ? * fri", "2026-11-13T00:00:00Z"), "2026-11-20T00:00:00");
  assert.equal(next("0 0 */30 * fri", "2026-11-27T00:00:00Z"), "2026-12-01T00:00:00");
});

test("names in any case, Sunday as 0 and 7, and weeks that end on it", () => {
  assert.equal(next("0 0 1 FEB,august *", "2026-03-01T00:00:00Z"), "2026-08-01T00:00:00");
  assert.equal(next("0 0 * * 7", "2026-11-23T00:00:00Z"), "2026-11-29T00:00:00");
  assert.equal(next("0 0 * * Fri-Sun", "2026-11-28T00:00:00Z"), "2026-11-29T00:00:00");
  assert.equal(next("0 0 * * 6-7", "2026-11-28T00:00:00Z"), "2026-11-29T00:00:00");
  assert.equal(next("0 0 * * 0-0", "2026-11-23T00:00:00Z"), "2026-11-29T00:00:00");
});

test("L is the last day, LW the last workday, 15W the workday nearest to the fifteenth", () => {
  assert.equal(next("0 0 L 2 *", "2028-01-01T00:00:00Z"), "2028-02-29T00:00:00");
  assert.equal(next("0 0 LW * *", "2026-02-01T00:00:00Z"), "2026-02-27T00:00:00");
  assert.equal(next("0 0 15W * *", "2026-08-01T00:00:00Z"), "2026-08-14T00:00:00");
  assert.equal(next("0 0 15W * *", "2026-11-01T00:00:00Z"), "2026-11-16T00:00:00");
  assert.equal(next("0 0 1W * *", "2026-07-31T00:00:00Z"), "2026-08-03T00:00:00");
  assert.equal(next("0 0 31W 5 *", "2026-01-01T00:00:00Z"), "2026-05-29T00:00:00");
  assert.equal(next("0 0 31W * *", "2026-04-01T00:00:00Z"), "2026-05-29T00:00:00");
});

test("5L is the last Friday of a month and 5#3 its third", () => {
  assert.equal(next("0 0 * * 5L", "2026-11-01T00:00:00Z"), "2026-11-27T00:00:00");
  assert.equal(next("0 0 * * friL", "2026-11-28T00:00:00Z"), "2026-12-25T00:00:00");
  assert.equal(next("0 0 * * 5#3", "2026-11-01T00:00:00Z"), "2026-11-20T00:00:00");
  assert.equal(next("0 0 * * mon#5", "2026-10-01T00:00:00Z"), "2026-11-30T00:00:00");
  assert.equal(next("0 0 * * 7#1", "2026-11-02T00:00:00Z"), "2026-12-06T00:00:00");
});

test("what no year has never comes, nor what lies behind or beyond 2099", () => {
  assert.equal(next("0 0 30 2 *", "2026-11-22T10:19:57Z"), "never");
  assert.equal(next("0 0 * * * 2025", "2026-11-22T10:19:57Z"), "never");
  assert.equal(next("0 0 1 1 *", "2099-06-01T00:00:00Z"), "never");
  assert.equal(next("0 0 29 2 *", "2026-11-22T10:19:57Z"), "2028-02-29T00:00:00");
});

/** A field of numbers, and whether a number is meant by it, told apart from how the line is read. */
interface Told {
  readonly text: string;
  readonly has: (number: number) => boolean;
}

function numbers(min: number, max: number): fc.Arbitrary<Told> {
  const number = fc.integer({ min, max });
  const step = fc.integer({ min: 1, max });
  return fc.oneof(
    fc.constant({ text: "*", has: () => true }),
    number.map((one) => ({ text: `${one}`, has: (n: number) => n === one })),
    fc.tuple(number, number).map(([a, b]) => ({ text: `${a},${b}`, has: (n: number) => n === a || n === b })),
    step.map((by) => ({ text: `*/${by}`, has: (n: number) => (n - min) % by === 0 })),
    fc.tuple(number, step).map(([a, by]) => ({ text: `${a}/${by}`, has: (n: number) => n >= a && (n - a) % by === 0 })),
    fc.tuple(number, number).map(([a, b]) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      return { text: `${low}-${high}`, has: (n: number) => n >= low && n <= high };
    }),
  );
}

test("no moment that is meant is passed over, and none is given that is not", () => {
  const line = fc.record({
    minute: numbers(0, 59),
    hour: numbers(0, 23),
    dayOfMonth: numbers(1, 31),
    month: numbers(1, 12),
    dayOfWeek: numbers(0, 6),
  });
  const start = fc.integer({ min: at("2019-01-01"), max: at("2029-01-01") });
  fc.assert(
    fc.property(line, start, ({ minute, hour, dayOfMonth, month, dayOfWeek }, after) => {
      const isMeant = (moment: number) => {
        const date = new Date(moment * 1000);
        const ofMonth = dayOfMonth.has(date.getUTCDate());
        const ofWeek = dayOfWeek.has(date.getUTCDay());
        const either = dayOfMonth.text !== "*" && dayOfWeek.text !== "*";
        const isDay = either ? ofMonth || ofWeek : ofMonth && ofWeek;
        const isTime = minute.has(date.getUTCMinutes()) && hour.has(date.getUTCHours());
        return isDay && isTime && month.has(date.getUTCMonth() + 1);
      };
      const spec = [minute, hour, dayOfMonth, month, dayOfWeek].map(({ text }) => text).join(" ");
      const found = new CronLine(spec).after(after);
      const horizon = Math.min(found ?? Number.POSITIVE_INFINITY, after + 3 * 86_400);
      for (let moment = (Math.floor(after / 60) + 1) * 60; moment < horizon; moment += 60) {
        assert.ok(!isMeant(moment), `${spec}: ${new Date(moment * 1000).toISOString()} was passed over`);
      }
      assert.ok(found === undefined || (found > after && found % 60 === 0 && isMeant(found)), `${spec}: ${found}`);
    }),
    { numRuns: 200 },
  );
});
