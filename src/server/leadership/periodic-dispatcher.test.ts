import assert from "node:assert/strict";
import { test } from "node:test";
import { hours, later, minutes, seconds } from "../../base/index.ts";
import type { Job } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { evaluationsUpdate, jobDeregister, jobRegister } from "../../state/index.ts";
import { aPeriodicJob } from "../testing/makers.ts";
import { TestLog } from "../testing/test-log.ts";
import { type TestTenure, testRuntime, testTenure } from "../testing/test-world.ts";
import { PeriodicDispatcher } from "./periodic-dispatcher.ts";

function leading(tenure: TestTenure = testTenure()) {
  const dispatcher = new PeriodicDispatcher(tenure);
  const running = dispatcher.run();
  return { tenure, clock: tenure.runtime.clock, dispatcher, running };
}

const register = ({ state }: TestTenure, Job: Job) => state.propose(jobRegister, { Job, Eval: null });

/** Seconds since the beginning at which children were launched, by their names. */
function launches({ state }: TestTenure): number[] {
  const children = [...state.view().jobs.all()].filter(({ ParentID }) => ParentID !== "");
  return children.map(({ ID }) => Number(/periodic-(\d+)$/.exec(ID)?.[1]) - 1_767_225_600);
}

/** Lets all that was launched be over. */
async function finishAll({ state }: TestTenure): Promise<void> {
  const Evals = [...state.view().evaluations.all()].map((evaluation) => ({ ...evaluation, Status: "complete" }));
  await state.propose(evaluationsUpdate, { Evals });
}

test("a child is launched each time the clock comes round, with an evaluation of its own", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob({ Priority: 70, Meta: { owner: "me" } }));
  await clock.advance(minutes(2));
  assert.deepEqual(launches(tenure), [60, 120]);
  const [child] = [...tenure.state.view().jobs.withPrefix("default\u0000cron/")];
  assert.deepEqual([child?.Name, child?.ParentID, child?.Periodic], [child?.ID, "cron", null]);
  assert.deepEqual([child?.Meta.owner, child?.Type, child?.Priority], ["me", "batch", 70]);
  const [evaluation] = [...tenure.state.view().evaluations.by("job", `default\u0000${child?.ID}`)];
  assert.deepEqual([evaluation?.TriggeredBy, evaluation?.Type, evaluation?.Priority], ["periodic-job", "batch", 70]);
  assert.equal(tenure.state.view().periodicLaunches.get("default\u0000cron")?.Launch, clock.now());
});

test("jobs that are switched off, stopped or not periodic are not launched", async () => {
  const { tenure, clock, dispatcher } = leading();
  await register(tenure, aPeriodicJob({ ID: "off" }, { Enabled: false }));
  await register(tenure, aPeriodicJob({ ID: "stopped" }));
  await tenure.state.propose(jobDeregister, { Namespace: "default", JobID: "stopped", Purge: false, Eval: null });
  await register(tenure, aPeriodicJob({ ID: "gone" }));
  await tenure.state.propose(jobDeregister, { Namespace: "default", JobID: "gone", Purge: true, Eval: null });
  await register(tenure, aPeriodicJob({ ID: "changed" }));
  await register(tenure, aPeriodicJob({ ID: "changed", Periodic: null }));
  await clock.advance(minutes(10));
  assert.deepEqual(launches(tenure), []);
  for (const ID of ["off", "stopped", "gone", "changed"]) {
    await assert.rejects(dispatcher.force(aPeriodicJob({ ID })), {
      name: "NotTracked",
      message: `can't force run non-tracked job ${ID}`,
    });
  }
});

test("a job whose clock is changed is launched by the new one", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob());
  await clock.advance(seconds(90));
  await register(tenure, aPeriodicJob({}, { Spec: "*/5 * * * *" }));
  await clock.advance(minutes(5));
  assert.deepEqual(launches(tenure), [60, 300]);
});

test("a job that is registered again at the very moment of its launch is launched", async () => {
  const tenure = testTenure();
  const { clock } = tenure.runtime;
  clock.at(later(clock.now(), seconds(60)), () => tenure.log.commit());
  leading(tenure);
  await register(tenure, aPeriodicJob());
  await clock.advance(seconds(59));
  tenure.log.hold();
  const again = register(tenure, aPeriodicJob({ Priority: 60 }));
  await clock.advance(seconds(1));
  await again;
  assert.deepEqual(launches(tenure), [60]);
});

test("a spec is read in the job's time zone, in UTC unless it says another", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob({ ID: "utc" }, { Spec: "0 12 * * *" }));
  await register(tenure, aPeriodicJob({ ID: "berlin" }, { Spec: "0 12 * * *", TimeZone: "Europe/Berlin" }));
  await clock.advance(hours(24));
  assert.deepEqual(launches(tenure), [11 * 3600, 12 * 3600]);
});

test("a launch is skipped while a child lives, if the job says so; then the next is not", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob({}, { ProhibitOverlap: true }));
  await clock.advance(minutes(3));
  assert.deepEqual(launches(tenure), [60]);
  assert.equal(tenure.state.view().periodicLaunches.get("default\u0000cron")?.Launch, clock.now() - minutes(2));
  await finishAll(tenure);
  await clock.advance(minutes(1));
  assert.deepEqual(launches(tenure), [60, 240]);
});

test("a child is its parent's in whatever case the parent was registered last, and nobody else's", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob({}, { ProhibitOverlap: true }));
  await register(tenure, aPeriodicJob({ ID: "CRON" }, { ProhibitOverlap: true }));
  await register(tenure, aPeriodicJob({ ID: "cron/periodic-x" }, { ProhibitOverlap: true }));
  await clock.advance(minutes(2));
  assert.deepEqual(launches(tenure), [60, 60]);
});

test("a launch by hand does not wait for the clock nor for a child that lives", async () => {
  const { tenure, clock, dispatcher } = leading();
  const job = aPeriodicJob({}, { ProhibitOverlap: true });
  await register(tenure, job);
  await clock.advance(seconds(61));
  const { evaluation, index } = await dispatcher.force(job);
  assert.deepEqual(launches(tenure), [60, 61]);
  assert.equal(tenure.state.view().evaluations.get(evaluation.ID)?.CreateIndex, index);
});

test("what was missed between two leaders is made up for by one launch", async () => {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  const before = leading(testTenure(runtime, log));
  await register(before.tenure, aPeriodicJob());
  await runtime.clock.advance(seconds(60));
  before.tenure.end();
  await before.running;
  await runtime.clock.advance(seconds(230));
  assert.deepEqual(launches(before.tenure), [60]);
  const { tenure } = leading(testTenure(runtime, log));
  await settled();
  assert.deepEqual(launches(tenure), [60, 290]);
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(launches(tenure), [60, 290, 300]);
});

test("a single launch that was missed keeps its time, so that no leader launches it twice", async () => {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  const before = leading(testTenure(runtime, log));
  await register(before.tenure, aPeriodicJob());
  before.tenure.end();
  await runtime.clock.advance(seconds(65));
  const { tenure } = leading(testTenure(runtime, log));
  leading(testTenure(runtime, log));
  await settled();
  assert.deepEqual(launches(tenure), [60]);
});

test("when nothing was missed nothing is launched at once", async () => {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  await register(testTenure(runtime, log), aPeriodicJob());
  await runtime.clock.advance(seconds(59));
  const { tenure } = leading(testTenure(runtime, log));
  await settled();
  assert.deepEqual(launches(tenure), []);
});

test("T48: where the calendar is set ahead one launch stands for all that it left out, with the time that it then was", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob());
  await clock.advance(seconds(70));
  clock.setWallClock(hours(1));
  await clock.advance(seconds(20));
  const [, late = 0, ...more] = launches(tenure);
  assert.ok(late > 3600 + 70 && late <= 3600 + 80, `launched at ${late}`);
  assert.deepEqual(more, []);
  const child = tenure.state.view().jobs.get(`default\u0000cron/periodic-${1_767_225_600 + late}`);
  assert.equal(Math.floor(((child?.SubmitTime ?? 0) - Number(testRuntime().clock.now())) / 1e9), late);
  await clock.advance(minutes(1));
  assert.deepEqual(launches(tenure), [60, late, 3600 + 120]);
});

test("T48: where the calendar is set back no slot is launched twice, by this leader or the next", async () => {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  const before = leading(testTenure(runtime, log));
  await register(before.tenure, aPeriodicJob());
  await runtime.clock.advance(seconds(130));
  runtime.clock.setWallClock(seconds(-80));
  await runtime.clock.advance(seconds(60));
  assert.deepEqual(launches(before.tenure), [60, 120], "it is 110 s again");
  before.tenure.end();
  await before.running;
  const { tenure } = leading(testTenure(runtime, log));
  await runtime.clock.advance(seconds(80));
  assert.deepEqual(launches(tenure), [60, 120, 180]);
});

test("T48: nor is a slot launched twice where the job's own calendar was changed meanwhile", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob());
  await clock.advance(seconds(125));
  clock.setWallClock(seconds(-70));
  await register(tenure, aPeriodicJob({}, { Spec: "*/2 * * * *" }));
  const child = () => tenure.state.view().jobs.get(`default\u0000cron/periodic-${1_767_225_600 + 120}`);
  const launchedBefore = child();
  await clock.advance(seconds(80));
  assert.deepEqual(launches(tenure), [60, 120]);
  assert.equal(child(), launchedBefore);
  await clock.advance(seconds(120));
  assert.deepEqual(launches(tenure), [60, 120, 240]);
});

test("T48: while the calendar stands still nothing is launched, and then one launch stands for what was left out", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob());
  for (let second = 0; second < 200; second++) {
    clock.setWallClock(seconds(-1));
    await clock.advance(seconds(1));
  }
  assert.deepEqual(launches(tenure), []);
  clock.setWallClock(seconds(200));
  await clock.advance(seconds(10));
  assert.equal(launches(tenure).length, 1);
});

test("a launch that cannot be logged is told, and the next is tried", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob());
  tenure.log.refusal = new Error("too many wait already");
  await clock.advance(minutes(1));
  tenure.log.refusal = undefined;
  await clock.advance(minutes(1));
  assert.deepEqual(launches(tenure), [120]);
  assert.ok(tenure.runtime.logged.some((line) => line.includes("cannot launch periodic job")));
});

test("a slow launch does not hold up others", async () => {
  const { tenure, clock } = leading();
  await register(tenure, aPeriodicJob());
  await register(tenure, aPeriodicJob({ ID: "other" }));
  tenure.log.hold();
  await clock.advance(minutes(1));
  assert.equal(tenure.log.open, 2);
});

test("it ends with the tenure and leaves no timer", async () => {
  const { tenure, clock, running } = leading();
  await register(tenure, aPeriodicJob());
  tenure.end();
  await running;
  assert.equal(clock.waiting, 0);
  await clock.advance(minutes(5));
  assert.deepEqual(launches(tenure), []);
});
