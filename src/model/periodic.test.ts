import assert from "node:assert/strict";
import { test } from "node:test";
import { periodicConfig } from "./job.ts";
import { childID, cronProblem, nextLaunch } from "./periodic.ts";

const at = (text: string) => Date.parse(text) * 1e6;
const spec = (Spec: string) => periodicConfig.parse({ Enabled: true, SpecType: "cron", Spec });

test("a five-field spec launches on whole minutes, in UTC", () => {
  assert.equal(nextLaunch(spec("0 0 1 1 *"), at("2026-11-22T10:19:57Z")), at("2027-01-01T00:00:00Z"));
});

test("the sixth field is a year, not seconds", () => {
  assert.equal(nextLaunch(spec("*/15 * * * * *"), at("2026-11-22T10:19:57Z")), at("2026-11-22T10:30:00Z"));
  assert.equal(nextLaunch(spec("0 0 1 1 * 2030"), at("2026-11-22T10:19:57Z")), at("2030-01-01T00:00:00Z"));
});

test("a seventh field in front means seconds", () => {
  assert.equal(nextLaunch(spec("30 0 0 1 1 * *"), at("2026-11-22T10:19:57Z")), at("2027-01-01T00:00:30Z"));
});

test("a spec that can never come true has no next launch", () => {
  assert.equal(nextLaunch(spec("0 0 30 2 *"), at("2026-11-22T10:19:57Z")), undefined);
});

test("a spec is read in its time zone, and launches never in one that nobody knows", () => {
  const inZone = (TimeZone: string) => nextLaunch({ ...spec("0 3 * * *"), TimeZone }, at("2026-11-22T10:19:57Z"));
  assert.equal(inZone("Europe/Berlin"), at("2026-11-23T02:00:00Z"));
  for (const unknown of ["Mars/Phobos", "Local", " ", "x".repeat(10_000)]) assert.equal(inZone(unknown), undefined);
});

test("where clocks are set ahead, what falls into the hour that is left out waits for the next day", () => {
  const launches = (cron: string, after: string) =>
    nextLaunch({ ...spec(cron), TimeZone: "America/New_York" }, at(after));
  assert.equal(launches("30 2 * * *", "2026-03-07T07:30:00Z"), at("2026-03-09T06:30:00Z"));
  assert.equal(launches("*/30 * * * *", "2026-03-08T06:30:00Z"), at("2026-03-08T07:00:00Z"));
});

test("in an hour that comes twice a single time is launched once, and what recurs each time", () => {
  const launches = (cron: string, count: number) => {
    const found: string[] = [];
    let last = at("2026-11-01T04:45:00Z");
    for (let n = 0; n < count; n++) {
      last = nextLaunch({ ...spec(cron), TimeZone: "America/New_York" }, last) ?? assert.fail("never");
      found.push(new Date(last / 1e6).toISOString().slice(8, 16));
    }
    return found;
  };
  assert.deepEqual(launches("30 1 * * *", 2), ["01T05:30", "02T06:30"]);
  assert.deepEqual(launches("*/30 * * * *", 5), ["01T05:00", "01T05:30", "01T06:00", "01T06:30", "01T07:00"]);
});

test("what is wrong with a spec is said", () => {
  assert.equal(cronProblem("bogus"), "missing field(s)");
  assert.equal(cronProblem("@midnight"), "missing field(s)");
  assert.equal(cronProblem("0 24 * * *"), "syntax error in hour field: '24'");
  assert.equal(cronProblem("0 0 15X * *"), "syntax error in day-of-month field: '15x'");
  assert.equal(cronProblem("0 0 * * 1#6"), "syntax error in day-of-week field: '1#6'");
  assert.equal(cronProblem("30-10 * * * *"), "syntax error in minute field: '30-10'");
  assert.equal(cronProblem("*/60 * * * *"), "invalid interval */60");
  assert.equal(cronProblem("*/0 * * * *"), "invalid interval */0");
  assert.equal(cronProblem(", * * * *"), "minute field: missing directive");
  assert.equal(cronProblem("@daily"), undefined);
  assert.match(cronProblem(`${"* ".repeat(2000)}`) ?? "", /longer than/);
});

test("a child is named for the second of its launch", () => {
  assert.equal(childID("nightly", at("2026-11-22T10:19:57.6Z")), "nightly/periodic-1795342797");
});
