import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, later, SeededRandom, seconds } from "../../base/index.ts";
import { HeartbeatDeadlines } from "./heartbeat-deadlines.ts";

const start = instantOf(seconds(1000));

test("a node is granted ten to twenty seconds, and missed only after the grace on top", () => {
  const deadlines = new HeartbeatDeadlines(new SeededRandom("heartbeats"), { grace: seconds(10) });
  const granted = deadlines.heardFrom("n1", start);
  assert.ok(granted >= seconds(10) && granted < seconds(20), `${granted} ns`);
  const due = later(later(start, granted), seconds(10));
  assert.deepEqual(deadlines.takeMissed(instantOf(due - 1000)), []);
  assert.deepEqual(deadlines.takeMissed(due), ["n1"]);
});

test("with many nodes the sum of heartbeats stays near fifty a second", () => {
  const deadlines = new HeartbeatDeadlines(new SeededRandom("heartbeats"), { grace: seconds(10) });
  for (let node = 0; node < 2000; node++) deadlines.expectBy(`n${node}`, start);
  const granted = deadlines.heardFrom("n0", start);
  assert.ok(granted >= seconds(40) && granted < seconds(80), `${granted} ns`);
});

test("a node that was heard from again is not missed at its old deadline", () => {
  const deadlines = new HeartbeatDeadlines(new SeededRandom("heartbeats"), { grace: seconds(10) });
  deadlines.expectBy("n1", later(start, seconds(1)));
  deadlines.heardFrom("n1", start);
  assert.deepEqual(deadlines.takeMissed(later(start, seconds(5))), []);
});

test("a forgotten node is never missed", () => {
  const deadlines = new HeartbeatDeadlines(new SeededRandom("heartbeats"), { grace: seconds(10) });
  deadlines.heardFrom("n1", start);
  deadlines.forget("n1");
  assert.deepEqual(deadlines.takeMissed(later(start, seconds(3600))), []);
  assert.equal(deadlines.watched, 0);
});
