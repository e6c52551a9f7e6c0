import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import { LogStoreFull, NotLeader } from "../../raft/index.ts";
import { settled } from "../../runtime/index.ts";
import {
  evaluationsUpdate,
  jobDeregister,
  jobRegister,
  nodeRegister,
  nodeStatus,
  planResults,
} from "../../state/index.ts";
import { aJob, aNode, anAllocation, anEvaluation, id } from "../testing/makers.ts";
import { TestLog } from "../testing/test-log.ts";
import { stateOf, type TestTenure, testRuntime, testTenure } from "../testing/test-world.ts";
import { EvaluationQueue } from "./evaluation-queue.ts";

const never = new AbortController().signal;
const service = ["service"];
const blocked = (fields: object = {}) => anEvaluation({ Status: "blocked", SnapshotIndex: 9, ...fields });

function leading(tenure: TestTenure = testTenure()) {
  const queue = new EvaluationQueue(tenure);
  const running = queue.run();
  const store = (...Evals: ReturnType<typeof anEvaluation>[]) => tenure.state.propose(evaluationsUpdate, { Evals });
  const next = () => queue.dequeue(service, seconds(0), never);
  const stored = (ID: string) => tenure.state.view().evaluations.get(ID);
  return { tenure, clock: tenure.runtime.clock, queue, running, store, next, stored };
}

/** Entries that mean nothing, so that the indexes of what follows are well above what schedulers looked at. */
async function fill(tenure: TestTenure): Promise<void> {
  for (let entry = 0; entry < 9; entry++) await tenure.state.propose(evaluationsUpdate, { Evals: [] });
}

test("an evaluation that is stored pending is delivered", async () => {
  const { store, next } = leading();
  assert.equal(await next(), undefined);
  await store(anEvaluation());
  assert.equal((await next())?.evaluation.ID, id(100));
});

test("a new leader delivers what was pending, and what may have missed capacity under an earlier leader", async () => {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  const before = leading(testTenure(runtime, log));
  await fill(before.tenure);
  await before.store(
    anEvaluation(),
    blocked({ ID: id(101), JobID: "db", SnapshotIndex: 8 }),
    blocked({ ID: id(102), JobID: "cache", SnapshotIndex: 10 }),
    anEvaluation({ ID: id(103), Status: "complete" }),
  );
  before.tenure.end();
  const { next, queue } = leading(testTenure(runtime, log));
  const delivered = [await next(), await next(), await next()].map((delivery) => delivery?.evaluation.ID);
  assert.deepEqual(delivered, [id(100), id(101), undefined]);
  assert.equal(queue.statistics().blocked, 1);
});

test("who waits for an evaluation gets it when it comes", async () => {
  const { queue, store } = leading();
  const [one, other] = [1, 2].map(() => queue.dequeue(service, minutes(1), never));
  await store(anEvaluation());
  assert.equal((await one)?.evaluation.ID, id(100));
  assert.equal(await stateOf(other as Promise<unknown>), "waits");
});

test("evaluations wait while many jobs are registered, not because many follow from the loss of a node", async () => {
  for (const [TriggeredBy, second] of [
    ["job-register", 0],
    ["node-update", 2],
  ] as const) {
    const { queue, store } = leading();
    const evaluations = Array.from({ length: 40 }, (_, i) => {
      return anEvaluation({ ID: id(100 + i), JobID: `job ${i}`, TriggeredBy });
    });
    await store(...evaluations);
    const most = () => queue.dequeueSome(service, { most: 2, timeout: seconds(0), signal: never });
    assert.deepEqual([(await most()).length, (await most()).length], [2, second]);
  }
});

test("who waits in vain is told so when time is up, when it goes away, and when leadership ends; no timer is left", async () => {
  const { queue, clock, tenure, running } = leading();
  const gone = new AbortController();
  const timers = clock.waiting;
  const late = queue.dequeue(service, seconds(1), never);
  const away = queue.dequeue(service, minutes(1), gone.signal);
  const ended = queue.dequeue(service, minutes(1), never);
  await clock.advance(seconds(1));
  assert.equal(await late, undefined);
  gone.abort();
  assert.equal(await away, undefined);
  assert.equal(clock.waiting, timers + 1);
  tenure.end();
  assert.equal(await ended, undefined);
  await running;
  assert.equal(clock.waiting, 0);
  assert.equal(await queue.dequeue(service, minutes(1), never), undefined);
});

test("an evaluation goes to nobody who has gone away", async () => {
  const { queue, store, next } = leading();
  await store(anEvaluation());
  assert.equal(await queue.dequeue(service, minutes(1), AbortSignal.abort()), undefined);
  assert.equal((await next())?.evaluation.ID, id(100));
});

test("a worker that falls silent loses its evaluation to one that waits", async () => {
  const { queue, store, clock } = leading();
  await store(anEvaluation());
  const lost = await queue.dequeue(service, seconds(1), never);
  const again = queue.dequeue(service, minutes(5), never);
  await clock.advance(seconds(59));
  assert.equal(await stateOf(again), "waits");
  await clock.advance(seconds(1));
  assert.equal((await again)?.evaluation.ID, id(100));
  assert.throws(() => queue.acknowledge(id(100), lost?.token ?? ""), /Token does not match for Evaluation ID/);
});

test("work on behalf of a worker is not held against it, however long it takes", async () => {
  const { queue, store, clock } = leading();
  await store(anEvaluation());
  const { token = "" } = (await queue.dequeue(service, seconds(1), never)) ?? {};
  let finish = () => {};
  const work = queue.onBehalfOf(id(100), token, () => new Promise<void>((resolve) => (finish = resolve)));
  await clock.advance(minutes(10));
  finish();
  await work;
  await clock.advance(seconds(59));
  queue.touch(id(100), token);
  await assert.rejects(
    queue.onBehalfOf(id(100), "other", async () => assert.fail("no work for others")),
    /evaluation token does not match/,
  );
});

test("an evaluation that waits to be scheduled later is delivered then", async () => {
  const { queue, store, clock, next } = leading();
  await store(anEvaluation({ Wait: seconds(30) }));
  const later = queue.dequeue(service, minutes(1), never);
  await clock.advance(seconds(29));
  assert.equal(await stateOf(later), "waits");
  await clock.advance(seconds(1));
  assert.equal((await later)?.evaluation.ID, id(100));
  assert.equal(await next(), undefined);
});

test("a blocked evaluation is delivered when a node comes to be ready", async () => {
  const { tenure, store, next, queue } = leading();
  await store(blocked());
  assert.equal(await next(), undefined);
  assert.equal(queue.statistics().blocked, 1);
  await tenure.state.propose(nodeRegister, { Node: aNode({ Status: "initializing" }), Evals: [] });
  assert.equal(await next(), undefined);
  await tenure.state.propose(nodeStatus, { NodeID: id(1), Status: "ready", Evals: [] });
  assert.equal((await next())?.evaluation.ID, id(100));
});

test("capacity that came while the scheduler was looking is not missed", async () => {
  const { tenure, store, next } = leading();
  await fill(tenure);
  await tenure.state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  await store(blocked({ SnapshotIndex: 9 }));
  assert.equal((await next())?.evaluation.ID, id(100));
});

test("a blocked evaluation that is put back while capacity comes is delivered once more", async () => {
  const { tenure, queue, store, next } = leading();
  await store(blocked());
  await fill(tenure);
  await tenure.state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  const { token = "" } = (await next()) ?? {};
  await store(blocked({ SnapshotIndex: 11 }));
  await tenure.state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  assert.equal(await next(), undefined);
  queue.acknowledge(id(100), token);
  assert.equal((await next())?.evaluation.SnapshotIndex, 11);
});

test("of two blocked evaluations of a job the older is canceled, and says why", async () => {
  const { store, stored, tenure, next } = leading();
  await store(blocked());
  await store(blocked({ ID: id(101) }));
  await settled();
  assert.equal(stored(id(100))?.Status, "canceled");
  assert.equal(stored(id(100))?.StatusDescription, 'existing blocked evaluation exists for job "web"');
  assert.equal(stored(id(101))?.Status, "blocked");
  await tenure.state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  assert.equal((await next())?.evaluation.ID, id(101));
});

test("a cancellation that cannot be logged is tried again", async () => {
  const { store, stored, tenure, clock } = leading();
  await store(blocked(), blocked({ ID: id(101), JobID: "db" }));
  tenure.log.hold();
  const second = store(blocked({ ID: id(102) }), blocked({ ID: id(103), JobID: "db" }));
  await settled();
  tenure.log.commit(1);
  await second;
  await settled();
  tenure.log.lose(new Error("too many wait already"));
  await settled();
  tenure.log.commit();
  assert.equal(stored(id(100))?.Status, "blocked");
  await clock.advance(seconds(1));
  assert.deepEqual([stored(id(100))?.Status, stored(id(101))?.Status], ["canceled", "canceled"]);
  assert.ok(tenure.runtime.logged.some((line) => line.includes("cannot end evaluations")));
});

test("what was planned for a job must be known to whoever looks at an evaluation of it; other jobs' plans need not", async () => {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  const before = testTenure(runtime, log);
  await fill(before);
  const begunAt = before.state.view().index;
  const { tenure, queue } = leading(testTenure(runtime, log));
  assert.equal(queue.waitIndex(anEvaluation()), begunAt);
  await tenure.state.propose(jobRegister, { Job: aJob(), Eval: null });
  const placed = anAllocation();
  const plan = { Job: aJob(), EvalID: id(100), NodeUpdate: {}, NodeAllocation: { [placed.NodeID]: [placed] } };
  const { index } = await tenure.state.propose(planResults, plan);
  await fill(tenure);
  assert.equal(queue.waitIndex(anEvaluation({ JobID: placed.JobID })), index);
  assert.equal(queue.waitIndex(anEvaluation({ JobID: "db" })), begunAt);
});

test("what waits for capacity for a job that is stopped is delivered, so that it ends", async () => {
  const { store, tenure, next } = leading();
  await tenure.state.propose(jobRegister, { Job: aJob(), Eval: null });
  await store(blocked());
  await tenure.state.propose(jobDeregister, { Namespace: "default", JobID: "web", Purge: false, Eval: null });
  assert.equal((await next())?.evaluation.ID, id(100));
});

test("what was blocked by conflicts of plans is tried again every minute", async () => {
  const { store, clock, next } = leading();
  await store(blocked({ TriggeredBy: "max-plan-attempts" }), blocked({ ID: id(101), JobID: "db" }));
  await clock.advance(seconds(59));
  assert.equal(await next(), undefined);
  await clock.advance(seconds(1));
  assert.deepEqual([(await next())?.evaluation.ID, await next()], [id(100), undefined]);
});

test("an evaluation that was refused three times fails, and the next of its job has its turn", async () => {
  const { store, queue, stored, next, clock } = leading();
  await store(anEvaluation(), anEvaluation({ ID: id(101), CreateIndex: 1 }));
  for (let delivery = 1; delivery <= 3; delivery++) {
    const { evaluation, token } = (await next()) ?? assert.fail(`no delivery ${delivery}`);
    queue.refuse(evaluation.ID, token);
    await clock.advance(seconds(20));
  }
  await settled();
  const failed = [id(100), id(101)].map(stored).find((evaluation) => evaluation?.Status === "failed");
  assert.equal(failed?.StatusDescription, "evaluation reached delivery limit (3)");
  const other = await next();
  assert.ok(other !== undefined && other.evaluation.ID !== failed?.ID);
});

test("a disk that is full for long does not use up the deliveries of an evaluation; other failures do", async () => {
  const { store, queue, stored, next, clock } = leading();
  await store(anEvaluation());
  const fails = async (error: Error) => {
    const { token } = (await next()) ?? assert.fail("nothing delivered");
    await assert.rejects(
      queue.onBehalfOf(id(100), token, () => Promise.reject(error)),
      error,
    );
    queue.refuse(id(100), token);
    await clock.advance(seconds(20));
  };
  for (let times = 0; times < 5; times++) await fails(new LogStoreFull("the log", "no space"));
  await fails(new NotLeader(undefined));
  assert.equal(stored(id(100))?.Status, "pending");
  for (let times = 0; times < 3; times++) await fails(new Error("no such plan"));
  assert.equal(stored(id(100))?.Status, "failed");
});

test("an evaluation that ended all the same is not called failed", async () => {
  const { store, queue, stored, next, clock } = leading();
  await store(anEvaluation());
  for (let delivery = 1; delivery <= 3; delivery++) {
    const { evaluation, token } = (await next()) ?? assert.fail(`no delivery ${delivery}`);
    if (delivery === 3) await store(anEvaluation({ Status: "complete" }));
    queue.refuse(evaluation.ID, token);
    await clock.advance(seconds(20));
  }
  await settled();
  assert.equal(stored(id(100))?.Status, "complete");
  assert.equal(queue.statistics().unacknowledged, 0);
});

test("a failure that cannot be logged is tried again", async () => {
  const { store, queue, stored, next, tenure, clock } = leading();
  await store(anEvaluation());
  tenure.log.refusal = new Error("too many wait already");
  for (let delivery = 1; delivery <= 3; delivery++) {
    const { token } = (await next()) ?? assert.fail(`no delivery ${delivery}`);
    queue.refuse(id(100), token);
    await clock.advance(seconds(delivery === 3 ? 0 : 20));
  }
  await settled();
  assert.equal(stored(id(100))?.Status, "pending");
  tenure.log.refusal = undefined;
  await clock.advance(seconds(1));
  assert.equal(stored(id(100))?.Status, "failed");
});

test("housekeeping is in nobody's state, and ends quietly when it fails", async () => {
  const { queue, tenure } = leading();
  const core = anEvaluation({ Type: "_core", JobID: "eval-gc" });
  queue.enqueue(core);
  for (let delivery = 1; delivery <= 3; delivery++) {
    const { token } = (await queue.dequeue(["_core"], seconds(0), never)) ?? assert.fail(`no delivery ${delivery}`);
    queue.refuse(core.ID, token);
    await tenure.runtime.clock.advance(seconds(20));
  }
  await settled();
  assert.deepEqual(queue.statistics(), { ready: 0, unacknowledged: 0, waiting: 0, delayed: 0, blocked: 0, escaped: 0 });
  assert.equal(tenure.state.view().evaluations.size, 0);
});
