import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, minutes, seconds } from "../../base/index.ts";
import { settled } from "../../runtime/index.ts";
import { jobRegister, nodeRegister, planResults } from "../../state/index.ts";
import { aJob, aNode, anAllocation, byNode, id } from "../testing/makers.ts";
import { type TestTenure, testTenure } from "../testing/test-world.ts";
import { Heartbeats } from "./heartbeats.ts";

async function withNodes(...numbers: readonly number[]): Promise<TestTenure> {
  const tenure = testTenure();
  for (const number of numbers)
    await tenure.state.propose(nodeRegister, { Node: aNode({ ID: id(number) }), Evals: [] });
  return tenure;
}

const statusOf = ({ state }: TestTenure, number: number) => state.view().nodes.get(id(number))?.Status;

test("a node that stays silent is called down, and its jobs are looked at", async () => {
  const tenure = await withNodes(1);
  const { clock, logged } = tenure.runtime;
  await tenure.state.propose(jobRegister, { Job: aJob(), Eval: null });
  const NodeAllocation = byNode([anAllocation()]);
  await tenure.state.propose(planResults, { Job: aJob(), EvalID: "", NodeUpdate: {}, NodeAllocation });
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  const granted = heartbeats.heardFrom(id(1));
  await clock.advance(granted);
  await clock.advance(seconds(9));
  assert.equal(statusOf(tenure, 1), "ready");
  await clock.advance(seconds(1));
  assert.equal(statusOf(tenure, 1), "down");
  assert.ok(logged.includes(`[WARN] nomad.heartbeat: node '${id(1)}' TTL expired`));
  const [evaluation] = [...tenure.state.view().evaluations.all()];
  assert.deepEqual([evaluation?.JobID, evaluation?.TriggeredBy, evaluation?.NodeID], ["web", "node-update", id(1)]);
  assert.equal(heartbeats.watched, 0);
  assert.equal(tenure.runtime.tally.get("nomad.heartbeat.invalidate"), 1);
});

test("a node that says something in time stays", async () => {
  const tenure = await withNodes(1);
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  for (let beat = 0; beat < 50; beat++) await tenure.runtime.clock.advance(heartbeats.heardFrom(id(1)));
  assert.equal(statusOf(tenure, 1), "ready");
});

test("after a change of leader nodes have five minutes, those that are down none", async () => {
  const tenure = await withNodes(1);
  await tenure.state.propose(nodeRegister, { Node: aNode({ ID: id(2), Status: "down" }), Evals: [] });
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  assert.equal(heartbeats.watched, 1);
  await tenure.runtime.clock.advance(minutes(5));
  assert.equal(statusOf(tenure, 1), "down");
});

test("five minutes are not over a moment early", async () => {
  const tenure = await withNodes(1);
  new Heartbeats(tenure).run();
  await tenure.runtime.clock.advance(seconds(299.9));
  assert.equal(statusOf(tenure, 1), "ready");
});

test("a node that is forgotten is never called down", async () => {
  const tenure = await withNodes(1);
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  heartbeats.forget(id(1));
  await tenure.runtime.clock.advance(minutes(10));
  assert.equal(statusOf(tenure, 1), "ready");
});

test("a node that is heard from while others are called down is spared", async () => {
  const numbers = Array.from({ length: 65 }, (_, n) => n + 1);
  const tenure = await withNodes(...numbers);
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  tenure.log.hold();
  await tenure.runtime.clock.advance(minutes(5));
  assert.equal(tenure.log.open, 64);
  const called = (number: number) => tenure.runtime.logged.some((line) => line.includes(id(number)));
  const [last = 0] = numbers.filter((number) => !called(number));
  heartbeats.heardFrom(id(last));
  tenure.log.commit();
  await settled();
  assert.deepEqual(
    numbers.filter((number) => statusOf(tenure, number) === "ready"),
    [last],
  );
});

test("when that a node is down cannot be logged, it is tried again", async () => {
  const tenure = await withNodes(1);
  new Heartbeats(tenure).run();
  tenure.log.refusal = new Error("too many wait already");
  await tenure.runtime.clock.advance(minutes(5));
  assert.equal(statusOf(tenure, 1), "ready");
  tenure.log.refusal = undefined;
  await tenure.runtime.clock.advance(seconds(10));
  assert.equal(statusOf(tenure, 1), "down");
});

test("it ends with the tenure, also while something is on its way to the log", async () => {
  const tenure = await withNodes(1);
  const heartbeats = new Heartbeats(tenure);
  const running = heartbeats.run();
  tenure.log.hold();
  await tenure.runtime.clock.advance(minutes(5));
  tenure.end();
  tenure.log.lose(new Error("leadership was lost"));
  await running;
  assert.equal(tenure.runtime.clock.waiting, 0);
  assert.ok(!tenure.runtime.logged.some((line) => line.startsWith("[ERR]")));
});

test("with no node there is nothing to wake for", async () => {
  const tenure = testTenure();
  new Heartbeats(tenure).run();
  await tenure.runtime.clock.advance(milliseconds(1));
  assert.equal(tenure.runtime.clock.waiting, 0);
});

test("a server that stood still blames no node for it, and each has the time to come back", async () => {
  const tenure = await withNodes(1, 2);
  const { clock, logged } = tenure.runtime;
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  const granted = heartbeats.heardFrom(id(1));
  heartbeats.heardFrom(id(2));
  await clock.advance(granted);
  clock.standStill(seconds(45));
  await clock.advance(seconds(0));
  assert.deepEqual([statusOf(tenure, 1), statusOf(tenure, 2)], ["ready", "ready"]);
  assert.ok(logged.some((line) => line.includes("stood still")));
  await clock.advance(seconds(39));
  assert.equal(statusOf(tenure, 1), "ready");
  heartbeats.heardFrom(id(2));
  await clock.advance(seconds(17));
  assert.deepEqual([statusOf(tenure, 1), statusOf(tenure, 2)], ["down", "ready"]);
});

test("who is heard from first after the server stood still has no more time than others", async () => {
  const tenure = await withNodes(1);
  const { clock } = tenure.runtime;
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  heartbeats.heardFrom(id(1));
  await clock.advance(seconds(5));
  clock.standStill(seconds(45));
  const granted = heartbeats.heardFrom(id(1));
  await clock.advance(granted);
  await clock.advance(seconds(9));
  assert.equal(statusOf(tenure, 1), "ready");
  await clock.advance(seconds(1));
  assert.equal(statusOf(tenure, 1), "down");
});

test("a server that is short of its processor again and again still calls silent nodes down", async () => {
  const tenure = await withNodes(1);
  const { clock } = tenure.runtime;
  const heartbeats = new Heartbeats(tenure);
  heartbeats.run();
  heartbeats.heardFrom(id(1));
  for (let second = 0; second < 35; second++) {
    clock.standStill(seconds(3));
    await clock.advance(seconds(1));
  }
  assert.equal(statusOf(tenure, 1), "down");
});
