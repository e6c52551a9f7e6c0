import assert from "node:assert/strict";
import { test } from "node:test";
import { planResult } from "../../model/index.ts";
import { anAllocation, aPlan } from "../testing/makers.ts";
import { stateOf } from "../testing/test-world.ts";
import { PlanQueue } from "./plan-queue.ts";

const over = new Error("No cluster leader");

test("plans are taken by priority, and among equals in the order they came", async () => {
  const queue = new PlanQueue(new AbortController().signal);
  for (const [EvalID, Priority] of [
    ["a", 50],
    ["b", 80],
    ["c", 50],
    ["d", 80],
  ] as const) {
    queue.submit(aPlan([], { EvalID, Priority }));
  }
  assert.equal(queue.depth, 4);
  const taken = [...(await queue.take(3, 1000)), ...(await queue.take(3, 1000))];
  assert.deepEqual(
    taken.map(({ plan }) => plan.EvalID),
    ["b", "d", "a", "c"],
  );
});

test("what is taken together changes no more allocations than were asked for, unless one plan alone does", async () => {
  const queue = new PlanQueue(new AbortController().signal);
  const placing = (count: number) => aPlan(Array.from({ length: count }, () => anAllocation()));
  for (const count of [3, 4, 9, 1, 2]) queue.submit(placing(count));
  const sizes = async () =>
    (await queue.take(2, 7)).map(({ plan }) => Object.values(plan.NodeAllocation).flat().length);
  assert.deepEqual([await sizes(), await sizes(), await sizes()], [[3, 4], [9], [1, 2]]);
});

test("who takes waits until there is something", async () => {
  const queue = new PlanQueue(new AbortController().signal);
  const taken = queue.take(5, 1000);
  assert.equal(await stateOf(taken), "waits");
  const submitted = queue.submit(aPlan([]));
  const [pending] = await taken;
  pending?.answer(planResult.parse({ AllocIndex: 7 }));
  assert.equal((await submitted).AllocIndex, 7);
});

test("when leadership ends every plan fails: those that wait, and those that come too late", async () => {
  const ended = new AbortController();
  const queue = new PlanQueue(ended.signal);
  const waiting = [queue.submit(aPlan([])), queue.submit(aPlan([]))];
  ended.abort(over);
  for (const plan of waiting) await assert.rejects(plan, over);
  await assert.rejects(queue.submit(aPlan([])), over);
  assert.deepEqual(await queue.take(1, 1000), []);
});

test("who waits for plans when leadership ends is given none", async () => {
  const ended = new AbortController();
  const taken = new PlanQueue(ended.signal).take(1, 1000);
  ended.abort(over);
  assert.deepEqual(await taken, []);
});
