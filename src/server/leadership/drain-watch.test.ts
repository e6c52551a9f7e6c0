import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRfc3339, later, minutes, seconds } from "../../base/index.ts";
import { settled } from "../../runtime/index.ts";
import { allocationsClientUpdate, nodeDeregister, nodeDrain, nodeRegister, planResults } from "../../state/index.ts";
import { aJob, aNode, anAllocation, byNode, id } from "../testing/makers.ts";
import { type TestTenure, testTenure } from "../testing/test-world.ts";
import { DrainWatch } from "./drain-watch.ts";

/** A tenure with node 1, and on it an allocation that is to stop. */
async function withStopping(): Promise<TestTenure> {
  const tenure = testTenure();
  await tenure.state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  const plan = { Job: aJob(), EvalID: id(100), NodeUpdate: {}, NodeAllocation: {} };
  await tenure.state.propose(planResults, { ...plan, NodeAllocation: byNode([anAllocation()]) });
  const NodeUpdate = byNode([anAllocation({ DesiredStatus: "stop" })]);
  await tenure.state.propose(planResults, { ...plan, NodeUpdate });
  return tenure;
}

async function drain({ state, runtime }: TestTenure, Deadline: number, isLasting = false): Promise<void> {
  const now = runtime.clock.wallTime();
  const ForceDeadline = Deadline > 0 ? formatRfc3339(later(now, seconds(Deadline / 1e9))) : null;
  const StartedAt = isLasting ? null : formatRfc3339(now);
  const DrainStrategy = { Deadline, IgnoreSystemJobs: false, ForceDeadline, StartedAt };
  await state.propose(nodeDrain, { NodeID: id(1), DrainStrategy, MarkEligible: false, Evals: [] });
}

const stops = ({ state }: TestTenure) =>
  state.propose(allocationsClientUpdate, { Allocs: [anAllocation({ ClientStatus: "complete" })], Evals: [] });

async function drains({ state }: TestTenure): Promise<boolean | undefined> {
  await settled();
  return state.view().nodes.get(id(1))?.Drain;
}

async function ended(tenure: TestTenure, running: Promise<void>): Promise<void> {
  tenure.end();
  await running;
}

test("a drain ends when the last allocation has stopped, and not before", async () => {
  const tenure = await withStopping();
  const running = new DrainWatch(tenure).run();
  await drain(tenure, 0);
  await tenure.runtime.clock.advance(minutes(60));
  assert.equal(await drains(tenure), true);
  await stops(tenure);
  assert.equal(await drains(tenure), false);
  assert.equal(tenure.state.view().nodes.get(id(1))?.SchedulingEligibility, "ineligible");
  await ended(tenure, running);
});

test("a drain ends at its deadline; one that is forced at once", async () => {
  const tenure = await withStopping();
  const running = new DrainWatch(tenure).run();
  await drain(tenure, minutes(5));
  await tenure.runtime.clock.advance(seconds(299));
  assert.equal(await drains(tenure), true);
  await tenure.runtime.clock.advance(seconds(1));
  assert.equal(await drains(tenure), false);
  await drain(tenure, -1e9);
  assert.equal(await drains(tenure), false);
  await ended(tenure, running);
});

test("a new leader ends drains that began and were over before its time", async () => {
  const tenure = await withStopping();
  await drain(tenure, 0);
  await stops(tenure);
  const running = new DrainWatch(tenure).run();
  assert.equal(await drains(tenure), false);
  await ended(tenure, running);
});

test("a drain of 0.4.1 goes on until somebody ends it, and a node that is removed is forgotten", async () => {
  const tenure = await withStopping();
  const running = new DrainWatch(tenure).run();
  await drain(tenure, -1e9, true);
  await stops(tenure);
  await tenure.runtime.clock.advance(minutes(60));
  assert.equal(await drains(tenure), true);
  await drain(tenure, minutes(5));
  await tenure.state.propose(nodeDeregister, { NodeID: id(1), Evals: [] });
  await tenure.runtime.clock.advance(minutes(6));
  assert.equal(await drains(tenure), undefined);
  assert.deepEqual(tenure.runtime.logged, []);
  await ended(tenure, running);
});

test("a drain that the log did not take the end of is tried again", async () => {
  const tenure = await withStopping();
  const running = new DrainWatch(tenure).run();
  await drain(tenure, 0);
  tenure.log.hold();
  const stopped = stops(tenure);
  tenure.log.refusal = new Error("no room");
  tenure.log.commit();
  await stopped;
  assert.equal(await drains(tenure), true);
  assert.match(tenure.runtime.logged.join(), /^\[ERR\] nomad.drain: cannot end a drain .*no room$/);
  tenure.log.refusal = undefined;
  await tenure.runtime.clock.advance(seconds(10));
  assert.equal(await drains(tenure), false);
  await ended(tenure, running);
});
