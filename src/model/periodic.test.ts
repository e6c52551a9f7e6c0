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

test("what is wrong with a spec is said", () => {
  assert.equal(cronProblem("bogus"), "missing field(s)");
  assert.equal(cronProblem("@midnight"), "unknown alias @midnight");
  assert.equal(cronProblem("@daily"), undefined);
  assert.match(cronProblem(`${"* ".repeat(2000)}`) ?? "", /longer than/);
});

test("a child is named for the second of its launch", () => {
  assert.equal(childID("nightly", at("2026-11-22T10:19:57.6Z")), "nightly/periodic-1795342797");
});
