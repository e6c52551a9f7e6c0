import assert from "node:assert/strict";
import { test } from "node:test";
import { type Allocation, allocation } from "./allocation.ts";
import { drainsJobsOf, isDrainOver } from "./drain.ts";
import { job } from "./job.ts";
import { node } from "./node.ts";

const second = 1e9;
const draining = (strategy: object) =>
  node.parse({ Drain: true, DrainStrategy: { StartedAt: "1970-01-01T00:00:00Z", ...strategy } });
const on = (fields: object, Type = "service"): Allocation =>
  allocation.parse({ Job: job.parse({ Type }), DesiredStatus: "run", ClientStatus: "running", ...fields });

const staying = on({});
const stopping = on({ DesiredStatus: "stop" });
const gone = on({ DesiredStatus: "stop", ClientStatus: "complete" });
const system = on({}, "system");

test("without a deadline a drain is over when everything has stopped", () => {
  const node = draining({ Deadline: 0 });
  assert.deepEqual(
    [[], [gone], [gone, stopping], [staying], [system]].map((left) => isDrainOver(node, left, 1e18)),
    [true, true, false, false, false],
  );
});

test("from the deadline on what was told to stop is not waited for, and what was not told is", () => {
  const node = draining({ Deadline: 5 * second, ForceDeadline: "1970-01-01T00:00:05Z" });
  assert.deepEqual(
    [4.9, 5].map((at) => isDrainOver(node, [stopping], at * second)),
    [false, true],
  );
  assert.equal(isDrainOver(node, [staying], 9 * second), false);
  const forced = draining({ Deadline: -second });
  assert.deepEqual([isDrainOver(forced, [stopping], 0), isDrainOver(forced, [staying], 0)], [true, false]);
});

test("system jobs may be left alone", () => {
  const node = draining({ IgnoreSystemJobs: true });
  assert.deepEqual([isDrainOver(node, [system], 0), isDrainOver(node, [system, stopping], 0)], [true, false]);
  assert.deepEqual([drainsJobsOf(node, "system"), drainsJobsOf(node, "batch")], [false, true]);
  assert.equal(drainsJobsOf(draining({}), "system"), true);
  assert.equal(drainsJobsOf({ Drain: false, DrainStrategy: null }, "service"), false);
});

test("a drain that does not say when it began is never over", () => {
  assert.equal(isDrainOver(draining({ StartedAt: null, Deadline: -second }), [], 1e18), false);
  assert.equal(isDrainOver(node.parse({}), [], 1e18), false);
});
