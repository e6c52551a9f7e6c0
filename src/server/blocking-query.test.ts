import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../base/index.ts";
import { settled } from "../runtime/index.ts";
import { jobKey, jobRegister, nodeRegister, type StateView } from "../state/index.ts";
import { blockingQuery } from "./blocking-query.ts";
import { aJob, aNode } from "./testing/makers.ts";
import { stateOf, testTenure } from "./testing/test-world.ts";

/** A question for the job "web", and how often it was looked at. */
function asking(asked: { readonly minQueryIndex: number; readonly maxQueryTime?: number }) {
  const { state, log, runtime } = testTenure();
  const gone = new AbortController();
  let looks = 0;
  const read = (view: StateView) => {
    looks += 1;
    const found = view.jobs.get(jobKey("default", "web"));
    return { result: found?.Priority, index: found?.ModifyIndex ?? view.jobs.lastIndex };
  };
  const options = { maxQueryTime: 0, signals: [gone.signal], ...asked };
  return {
    log,
    clock: runtime.clock,
    gone,
    ask: () => blockingQuery(state, runtime, options, read),
    register: (fields: object = {}) => state.propose(jobRegister, { Job: aJob({ ...fields }), Eval: null }),
    other: () => state.propose(nodeRegister, { Node: aNode(), Evals: [] }),
    looks: () => looks,
  };
}

test("a question that does not wait is answered at once", async () => {
  const { ask, register, clock } = asking({ minQueryIndex: 0 });
  assert.deepEqual(await ask(), { result: undefined, index: 0 });
  await register();
  assert.deepEqual(await ask(), { result: 50, index: 1 });
  assert.equal(clock.waiting, 0);
});

test("what is newer than the asker knows is told at once", async () => {
  const { ask, register, other } = asking({ minQueryIndex: 1 });
  await other();
  await register();
  assert.deepEqual(await ask(), { result: 50, index: 2 });
});

test("a question waits for a change of what it looked at, and nothing else wakes it", async () => {
  const { ask, register, other, looks, clock } = asking({ minQueryIndex: 1 });
  await register();
  const answer = ask();
  await settled();
  assert.equal(looks(), 1);
  await other();
  await register({ ID: "db" });
  await settled();
  assert.equal(looks(), 1);
  await register({ Priority: 70 });
  assert.deepEqual(await answer, { result: 70, index: 4 });
  assert.equal(clock.waiting, 0);
});

test("what is not there yet can be waited for", async () => {
  const { ask, register } = asking({ minQueryIndex: 1 });
  await register({ ID: "db" });
  const answer = ask();
  assert.equal(await stateOf(answer), "waits");
  await register();
  assert.deepEqual(await answer, { result: 50, index: 2 });
});

test("when time is up the present result is the answer, after the wait and at most a sixteenth more", async () => {
  const { ask, register, clock } = asking({ minQueryIndex: 1, maxQueryTime: seconds(160) });
  await register();
  const answer = ask();
  await clock.advance(seconds(159));
  assert.equal(await stateOf(answer), "waits");
  await clock.advance(seconds(11));
  assert.deepEqual(await answer, { result: 50, index: 1 });
});

test("T16: nobody waits longer than five minutes and a sixteenth, whatever was asked for", async () => {
  for (const maxQueryTime of [0, -1, minutes(60)]) {
    const { ask, register, clock } = asking({ minQueryIndex: 1, maxQueryTime });
    await register();
    const answer = ask();
    await clock.advance(seconds(299));
    assert.equal(await stateOf(answer), "waits");
    await clock.advance(seconds(19));
    assert.equal(await stateOf(answer), "resolved");
  }
});

test("T18: when nobody waits any more, nothing is left of the question", async () => {
  const { ask, register, gone, clock, looks } = asking({ minQueryIndex: 1 });
  await register();
  const answer = ask();
  await settled();
  gone.abort(new Error("went away"));
  await assert.rejects(answer, /went away/);
  assert.equal(clock.waiting, 0);
  await register({ Priority: 70 });
  assert.equal(looks(), 1);
});

test("a fault of the reading is told at once, and when it comes later", async () => {
  const { state, runtime } = testTenure();
  const options = { minQueryIndex: 1, maxQueryTime: 0, signals: [] };
  const read = (view: StateView) => {
    if (view.jobs.get(jobKey("default", "web")) !== undefined) throw new Error("unreadable");
    return { result: undefined, index: 0 };
  };
  const answer = blockingQuery(state, runtime, options, read);
  await state.propose(jobRegister, { Job: aJob(), Eval: null });
  await assert.rejects(answer, /unreadable/);
  await assert.rejects(blockingQuery(state, runtime, options, read), /unreadable/);
});
