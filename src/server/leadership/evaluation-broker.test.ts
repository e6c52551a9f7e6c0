import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, SeededRandom, seconds } from "../../base/index.ts";
import { type Evaluation, evaluation } from "../../model/index.ts";
import { EvaluationBroker, failedQueue } from "./evaluation-broker.ts";

const at = (second: number) => instantOf(seconds(second));
const newBroker = () =>
  new EvaluationBroker(new SeededRandom("broker"), { nackTimeout: seconds(60), deliveryLimit: 3 });

function pending(ID: string, fields: Partial<Evaluation> = {}): Evaluation {
  return { ...evaluation.parse({ ID, JobID: ID, Type: "service", Priority: 50, Status: "pending" }), ...fields };
}

test("the evaluation with the highest priority is delivered first, and among equals the oldest", () => {
  const broker = newBroker();
  broker.enqueue(pending("low", { Priority: 20, CreateIndex: 1 }), at(0));
  broker.enqueue(pending("new", { Priority: 70, CreateIndex: 3 }), at(0));
  broker.enqueue(pending("old", { Priority: 70, CreateIndex: 2 }), at(0));
  const order = [1, 2, 3].map(() => broker.dequeue(["service"], at(0))?.evaluation.ID);
  assert.deepEqual(order, ["old", "new", "low"]);
});

test("the most urgent is chosen across the types a worker takes", () => {
  const broker = newBroker();
  broker.enqueue(pending("a", { Type: "batch", Priority: 10 }), at(0));
  broker.enqueue(pending("b", { Type: "system", Priority: 90 }), at(0));
  assert.equal(broker.dequeue(["batch", "system"], at(0))?.evaluation.ID, "b");
  assert.equal(broker.dequeue(["service"], at(0)), undefined);
});

test("a job has one evaluation in the hands of workers; the next comes when that is acknowledged", () => {
  const broker = newBroker();
  broker.enqueue(pending("first", { JobID: "web", CreateIndex: 1 }), at(0));
  broker.enqueue(pending("second", { JobID: "WEB", CreateIndex: 2 }), at(0));
  const first = broker.dequeue(["service"], at(0));
  assert.equal(broker.dequeue(["service"], at(0)), undefined);
  broker.acknowledge("first", first?.token ?? "", at(1));
  assert.equal(broker.dequeue(["service"], at(1))?.evaluation.ID, "second");
});

test("an evaluation that is refused is delivered again after a rest, and after three deliveries goes to the failed queue", () => {
  const broker = newBroker();
  broker.enqueue(pending("a"), at(0));
  broker.enqueue(pending("b", { JobID: "a", CreateIndex: 1 }), at(0));
  for (const [delivered, rest] of [
    [0, 1],
    [1, 20],
    [21, 0],
  ] as const) {
    broker.wake(at(delivered));
    const { evaluation, token } = broker.dequeue(["service"], at(delivered)) ?? assert.fail(`none at ${delivered} s`);
    assert.equal(evaluation.ID, "a");
    broker.refuse("a", token, at(delivered));
    assert.equal(broker.dequeue(["service"], at(delivered)), undefined, "nor is another of its job");
    if (rest > 0) assert.equal(broker.wakeAt(), at(delivered + rest));
  }
  assert.equal(broker.dequeue([failedQueue], at(21))?.evaluation.ID, "a");
});

test("deliveries do not count that could not be finished because nothing was logged; the rest between them stays", () => {
  const broker = newBroker();
  broker.enqueue(pending("a"), at(0));
  const delivered = (second: number) => {
    broker.wake(at(second));
    return broker.dequeue(["service"], at(second)) ?? assert.fail(`none at ${second} s`);
  };
  for (const second of [0, 1, 21, 41]) {
    const { token } = delivered(second);
    broker.excuse("a", token);
    broker.refuse("a", token, at(second));
  }
  for (const second of [61, 81, 101]) broker.refuse("a", delivered(second).token, at(second));
  assert.equal(broker.dequeue([failedQueue], at(101))?.evaluation.ID, "a");
});

test("a worker that falls silent loses the evaluation when the nack timeout is over", () => {
  const broker = newBroker();
  broker.enqueue(pending("a"), at(0));
  const lost = broker.dequeue(["service"], at(0));
  assert.equal(broker.wakeAt(), at(60));
  broker.wake(at(60));
  const again = broker.dequeue(["service"], at(60));
  assert.equal(again?.evaluation.ID, "a");
  assert.throws(() => broker.acknowledge("a", lost?.token ?? "", at(61)), /Token does not match for Evaluation ID/);
});

test("time spent on behalf of a worker is not held against it", () => {
  const broker = newBroker();
  broker.enqueue(pending("a"), at(0));
  const { token } = broker.dequeue(["service"], at(0)) ?? assert.fail("nothing delivered");
  broker.pause("a", token);
  broker.wake(at(600));
  assert.equal(broker.tokenOf("a"), token);
  broker.resume("a", token, at(600));
  assert.equal(broker.wakeAt(), at(660));
});

test("an evaluation with a wait is not delivered before it is over", () => {
  const broker = newBroker();
  broker.enqueue(pending("later", { Wait: seconds(30) }), at(0));
  broker.wake(at(29));
  assert.equal(broker.dequeue(["service"], at(29)), undefined);
  assert.equal(broker.wakeAt(), at(30));
  broker.wake(at(30));
  assert.equal(broker.dequeue(["service"], at(30))?.evaluation.ID, "later");
});

test("what comes in again while it is being worked on is delivered once more afterwards", () => {
  const broker = newBroker();
  broker.enqueue(pending("a"), at(0));
  const { token } = broker.dequeue(["service"], at(0)) ?? assert.fail("nothing delivered");
  broker.enqueue(pending("a", { Status: "blocked" }), at(1));
  assert.equal(broker.dequeue(["service"], at(1)), undefined);
  broker.acknowledge("a", token, at(2));
  assert.equal(broker.dequeue(["service"], at(2))?.evaluation.Status, "blocked");
});

test("an evaluation that is queued twice is delivered once", () => {
  const broker = newBroker();
  broker.enqueue(pending("a"), at(0));
  broker.enqueue(pending("a"), at(0));
  const { token } = broker.dequeue(["service"], at(0)) ?? assert.fail("nothing delivered");
  broker.acknowledge("a", token, at(0));
  assert.equal(broker.dequeue(["service"], at(0)), undefined);
  assert.deepEqual(broker.statistics(), { ready: 0, unacknowledged: 0, waiting: 0, delayed: 0 });
});

test("what was acknowledged may come again", () => {
  const broker = newBroker();
  for (let round = 0; round < 2; round++) {
    broker.enqueue(pending("a"), at(round));
    const { token } = broker.dequeue(["service"], at(round)) ?? assert.fail("nothing delivered");
    broker.acknowledge("a", token, at(round));
  }
});

test("tokens of others are refused by name", () => {
  const broker = newBroker();
  broker.enqueue(pending("a"), at(0));
  assert.throws(() => broker.touch("a", "x", at(0)), /evaluation is not outstanding/);
  broker.dequeue(["service"], at(0));
  assert.throws(() => broker.touch("a", "x", at(0)), /evaluation token does not match/);
  assert.throws(() => broker.refuse("b", "x", at(0)), /Evaluation ID not found/);
});
