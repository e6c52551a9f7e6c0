import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRfc3339, instantOf } from "../base/index.ts";
import { type Allocation, allocation } from "./allocation.ts";
import { isUnhurried, paceOf } from "./drain-pace.ts";
import { node } from "./node.ts";
import { taskGroup } from "./task-group.ts";

const second = 1e9;
const now = 1_000 * second;
const at = (seconds: number) => formatRfc3339(instantOf(seconds * second));
const group = (MaxParallel: number, Count = 3) =>
  taskGroup.parse({
    Name: "app",
    Count,
    Migrate: { MaxParallel, MinHealthyTime: 10 * second, HealthyDeadline: 300 * second },
  });

/** One that was placed and started at these times, in seconds. */
function started(startedAt: number, fields: object = {}, state: object = {}): Allocation {
  return allocation.parse({
    TaskGroup: "app",
    DesiredStatus: "run",
    ClientStatus: "running",
    CreateTime: (startedAt - 1) * second,
    TaskStates: { main: { State: "running", StartedAt: at(startedAt), ...state } },
    ...fields,
  });
}
const old = started(10);
const most = (MaxParallel: number, allocations: readonly Allocation[]) =>
  paceOf({ Type: "service" }, group(MaxParallel), allocations, now).most;

test("of a service so many leave at a time as its migrate block says, and never more than are there", () => {
  assert.deepEqual(
    [1, 2, 3, 9].map((each) => most(each, [old, old, old])),
    [1, 2, 3, 9],
  );
  assert.equal(most(0, [old, old, old]), 1, "a drain that never ends helps nobody");
  assert.equal(most(1, [old, old]), 0, "one is missing already");
  assert.equal(most(1, [old, old, started(10, { TaskGroup: "other" })]), 0);
  assert.equal(most(1, [old, old, started(10, { DesiredStatus: "stop" })]), 0);
});

test("what came in the place of another counts once it has run for long enough, and is told when", () => {
  const young = started(995);
  assert.deepEqual(paceOf({ Type: "service" }, group(1), [old, old, young], now), { most: 0, nextAt: 1_005 * second });
  assert.equal(paceOf({ Type: "service" }, group(1), [old, old, young], 1_005 * second).most, 1);
  const restarted = started(900, {}, { LastRestart: at(998) });
  assert.equal(paceOf({ Type: "service" }, group(1), [old, old, restarted], now).nextAt, 1_008 * second);
});

test("what does not come to run is waited for until its deadline", () => {
  const pending = started(900, { ClientStatus: "pending" }, { State: "pending", StartedAt: null });
  assert.deepEqual(paceOf({ Type: "service" }, group(1), [old, old, pending], now), {
    most: 0,
    nextAt: 1_199 * second,
  });
  assert.equal(paceOf({ Type: "service" }, group(1), [old, old, pending], 1_199 * second).most, 1);
});

test("a batch job is let come to its end, and a system job leaves at once", () => {
  assert.equal(paceOf({ Type: "batch" }, group(1), [old], now).most, 0);
  assert.equal(paceOf({ Type: "system" }, group(1), [old], now).most, Number.POSITIVE_INFINITY);
});

test("there is no hurry until the deadline, always where a drain is forced, and always with those of 0.4.1", () => {
  const draining = (strategy: object) => node.parse({ Drain: true, DrainStrategy: { StartedAt: at(10), ...strategy } });
  const until = draining({ Deadline: 100, ForceDeadline: at(1_000) });
  assert.deepEqual([isUnhurried(until, now - 1), isUnhurried(until, now)], [true, false]);
  assert.equal(isUnhurried(draining({ Deadline: 0 }), now), true);
  assert.equal(isUnhurried(draining({ Deadline: -1 }), now), false);
  assert.equal(isUnhurried(draining({ Deadline: -1, StartedAt: null }), now), false);
  assert.equal(isUnhurried(node.parse({}), now), false);
});
