import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { evaluationsUpdate } from "../state/index.ts";
import { stateOf, testTenure } from "./testing/test-world.ts";
import { waitForIndex } from "./wait-for-index.ts";

function waiting(index: number) {
  const { state, runtime } = testTenure();
  const ended = new AbortController();
  const wait = () => waitForIndex(state, runtime.clock, { index, timeout: seconds(5), signal: ended.signal });
  const step = () => state.propose(evaluationsUpdate, { Evals: [] });
  return { wait, step, end: () => ended.abort(new Error("shutting down")), clock: runtime.clock };
}

test("a view that is new enough is there at once", async () => {
  const { wait, clock, end } = waiting(0);
  end();
  assert.equal((await wait()).index, 0);
  assert.equal(clock.waiting, 0);
});

test("it waits until this server has applied the entry, and takes the view of that moment", async () => {
  const { wait, step, clock } = waiting(2);
  const view = wait();
  await step();
  assert.equal(await stateOf(view), "waits");
  await step();
  assert.equal((await view).index, 2);
  assert.equal(clock.waiting, 0);
});

test("it gives up after its time, and says how far the state is", async () => {
  const { wait, step, clock } = waiting(2);
  const refused = assert.rejects(wait(), { message: "state is at index 1, not yet at 2" });
  await step();
  await clock.advance(seconds(5));
  await refused;
});

test("it ends with its signal, also one that has fired before", async () => {
  const { wait, end, clock } = waiting(2);
  const view = wait();
  end();
  await assert.rejects(view, /shutting down/);
  await assert.rejects(wait(), /shutting down/);
  assert.equal(clock.waiting, 0);
});
