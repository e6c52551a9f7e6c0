import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import { settled } from "../../runtime/index.ts";
import { testTenure } from "../testing/test-world.ts";
import { EvaluationQueue } from "./evaluation-queue.ts";
import { GarbageCollector } from "./garbage-collector.ts";

const never = new AbortController().signal;

function leading() {
  const tenure = testTenure();
  const evaluations = new EvaluationQueue(tenure);
  const collector = new GarbageCollector(tenure, (evaluation) => evaluations.enqueue(evaluation));
  evaluations.run();
  const running = collector.run();
  const next = () => evaluations.dequeue(["_core"], seconds(0), never);
  const all = async () => {
    const kinds: (string | undefined)[] = [];
    for (let delivery = await next(); delivery !== undefined; delivery = await next()) {
      kinds.push(delivery.evaluation.JobID);
    }
    return kinds.sort();
  };
  return { tenure, clock: tenure.runtime.clock, evaluations, collector, running, next, all };
}

test("each kind of garbage is collected every five minutes", async () => {
  const { clock, all } = leading();
  await clock.advance(seconds(299));
  assert.deepEqual(await all(), []);
  await clock.advance(seconds(1));
  assert.deepEqual(await all(), ["eval-gc", "job-gc", "node-gc"]);
});

test("a collection is an evaluation like any other, and more urgent than all", async () => {
  const { collector, next } = leading();
  collector.collect("force-gc");
  const { evaluation } = (await next()) ?? assert.fail("nothing delivered");
  assert.deepEqual(
    [evaluation.Type, evaluation.TriggeredBy, evaluation.Priority, evaluation.JobID],
    ["_core", "scheduled", 200, "force-gc"],
  );
});

test("asked for often, a collection that has not begun is still one; one that has is done once more", async () => {
  const { collector, evaluations, next } = leading();
  for (let asked = 0; asked < 100; asked++) collector.collect("force-gc");
  const { evaluation, token } = (await next()) ?? assert.fail("nothing delivered");
  assert.equal(await next(), undefined);
  for (let asked = 0; asked < 100; asked++) collector.collect("force-gc");
  assert.equal(await next(), undefined);
  evaluations.acknowledge(evaluation.ID, token);
  assert.equal((await next())?.evaluation.JobID, "force-gc");
  assert.equal(await next(), undefined);
});

test("it ends with the tenure", async () => {
  const { tenure, running, clock } = leading();
  tenure.end();
  await running;
  await settled();
  assert.equal(clock.waiting, 0);
  await clock.advance(minutes(10));
});
