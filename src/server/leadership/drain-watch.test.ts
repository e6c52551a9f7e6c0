import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRfc3339, later, minutes, seconds } from "../../base/index.ts";
import { settled } from "../../runtime/index.ts";
import {
  allocationsClientUpdate,
  evaluationsUpdate,
  jobRegister,
  nodeDeregister,
  nodeDrain,
  nodeRegister,
  planResults,
} from "../../state/index.ts";
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

/** Node 1 with so many allocations of a service that run, of which one may be missing at a time. */
async function withService(count: number): Promise<TestTenure> {
  const tenure = testTenure();
  await tenure.state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  const Job = serviceOf(count);
  await tenure.state.propose(jobRegister, { Job, Eval: null });
  const placed = Array.from({ length: count }, (_, n) => serviceAllocation(n, count));
  await tenure.state.propose(planResults, { Job, EvalID: id(100), NodeUpdate: {}, NodeAllocation: byNode(placed) });
  const Allocs = placed.map((allocation) => ({ ...allocation, ClientStatus: "running" }));
  await tenure.state.propose(allocationsClientUpdate, { Allocs, Evals: [] });
  return tenure;
}

function serviceOf(Count: number) {
  const [group] = aJob().TaskGroups;
  return aJob({ TaskGroups: [{ ...group, Count }] });
}

const serviceAllocation = (n: number, count: number, fields: object = {}) =>
  anAllocation({ ID: id(200 + n), Name: `web.app[${n}]`, ...fields }, serviceOf(count));

/** The evaluations of drains that wait, and are then taken up and over. */
async function takeEvaluations({ state }: TestTenure): Promise<number> {
  await settled();
  const pending = [...state.view().evaluations.all()].filter(({ Status }) => Status === "pending");
  assert.ok(pending.every(({ TriggeredBy, JobID }) => TriggeredBy === "node-update" && JobID === "web"));
  await state.propose(evaluationsUpdate, { Evals: pending.map((one) => ({ ...one, Status: "complete" })) });
  await settled();
  return pending.length;
}

async function ended(tenure: TestTenure, running: Promise<void>): Promise<void> {
  tenure.end();
  await running;
}

test("a service has an evaluation whenever one of its allocations may leave, and when it may is heard and timed", async () => {
  const tenure = await withService(2);
  const { clock } = tenure.runtime;
  const running = new DrainWatch(tenure).run();
  await clock.advance(seconds(60));
  await drain(tenure, 0);
  assert.equal(await takeEvaluations(tenure), 1);
  const successor = { NodeID: id(2), CreateTime: clock.wallTime() };
  await tenure.state.propose(planResults, {
    Job: serviceOf(2),
    EvalID: id(100),
    NodeUpdate: byNode([serviceAllocation(0, 2, { DesiredStatus: "stop" })]),
    NodeAllocation: byNode([serviceAllocation(2, 2, { ...successor, Name: "web.app[0]" })]),
  });
  await clock.advance(seconds(60));
  assert.equal(await takeEvaluations(tenure), 0, "its successor does not run yet");
  const StartedAt = formatRfc3339(clock.wallTime());
  const TaskStates = { server: { State: "running", StartedAt } };
  const Allocs = [serviceAllocation(2, 2, { ...successor, ClientStatus: "running", TaskStates })];
  await tenure.state.propose(allocationsClientUpdate, { Allocs, Evals: [] });
  await clock.advance(seconds(9));
  assert.equal(await takeEvaluations(tenure), 0, "not for long enough");
  await clock.advance(seconds(1));
  assert.equal(await takeEvaluations(tenure), 1);
  assert.equal(await takeEvaluations(tenure), 0, "an evaluation of which nothing came is not made again at once");
  await clock.advance(seconds(10));
  assert.equal(await takeEvaluations(tenure), 1);
  await ended(tenure, running);
});

test("at the deadline whatever is left has an evaluation", async () => {
  const tenure = await withService(3);
  const { clock } = tenure.runtime;
  const running = new DrainWatch(tenure).run();
  await drain(tenure, minutes(1));
  assert.equal(await takeEvaluations(tenure), 0, "they have just been placed");
  await clock.advance(seconds(10));
  assert.equal(await takeEvaluations(tenure), 1);
  await clock.advance(seconds(49));
  await takeEvaluations(tenure);
  await clock.advance(seconds(1));
  assert.equal(await takeEvaluations(tenure), 1);
  await ended(tenure, running);
});

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
