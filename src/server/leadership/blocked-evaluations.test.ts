import assert from "node:assert/strict";
import { test } from "node:test";
import { type Evaluation, evaluation } from "../../model/index.ts";
import { BlockedEvaluations } from "./blocked-evaluations.ts";

function waiting(ID: string, fields: Partial<Evaluation> = {}): Evaluation {
  return {
    ...evaluation.parse({ ID, JobID: ID, Namespace: "default", Status: "blocked", SnapshotIndex: 5 }),
    ...fields,
  };
}

const ids = (evaluations: readonly Evaluation[]) => evaluations.map((found) => found.ID);

test("a blocked evaluation is released when a class it may use gains capacity", () => {
  const blocked = new BlockedEvaluations(0);
  blocked.block(waiting("gpu", { ClassEligibility: { big: true, small: false } }));
  assert.deepEqual(ids(blocked.capacityGained(new Set(["small"]), 9)), []);
  assert.deepEqual(ids(blocked.capacityGained(new Set(["big"]), 10)), ["gpu"]);
  assert.deepEqual(ids(blocked.capacityGained(new Set(["big"]), 11)), []);
});

test("a class the scheduler has not met may be eligible too", () => {
  const blocked = new BlockedEvaluations(0);
  blocked.block(waiting("a", { ClassEligibility: { small: false } }));
  assert.deepEqual(ids(blocked.capacityGained(new Set(["brand new"]), 9)), ["a"]);
});

test("one that escaped its classes is released by any capacity", () => {
  const blocked = new BlockedEvaluations(0);
  blocked.block(waiting("a", { EscapedComputedClass: true, ClassEligibility: { small: false } }));
  assert.deepEqual(ids(blocked.capacityGained(new Set(["small"]), 9)), ["a"]);
});

test("capacity that came after the scheduler looked is not missed", () => {
  const blocked = new BlockedEvaluations(0);
  blocked.capacityGained(new Set(["big"]), 9);
  assert.deepEqual(blocked.block(waiting("a", { SnapshotIndex: 8 })), { kind: "missed" });
  assert.deepEqual(blocked.block(waiting("a", { SnapshotIndex: 9 })), { kind: "waits" });
});

test("a job has one evaluation waiting, the newest: only that knows what the job asks for now", () => {
  const blocked = new BlockedEvaluations(0);
  const [older, newer] = [waiting("a", { CreateIndex: 1 }), waiting("b", { JobID: "A", CreateIndex: 2 })];
  blocked.block(older);
  assert.deepEqual(blocked.block(newer), { kind: "waits", replaces: older });
  assert.deepEqual(blocked.block(older), { kind: "outdated" });
  assert.deepEqual(blocked.block(newer), { kind: "waits" });
  assert.deepEqual(ids(blocked.capacityGained(new Set(["any"]), 9)), ["b"]);
});

test("what came before it began to watch may have been missed by anyone", () => {
  const blocked = new BlockedEvaluations(7);
  assert.deepEqual(blocked.block(waiting("a", { SnapshotIndex: 6, ClassEligibility: { small: false } })), {
    kind: "missed",
  });
  assert.deepEqual(blocked.block(waiting("b", { SnapshotIndex: 7 })), { kind: "waits" });
});

test("of many classes the oldest news are remembered as one, and nothing is missed", () => {
  const blocked = new BlockedEvaluations(0);
  for (let index = 1; index <= 2000; index++) blocked.capacityGained(new Set([`class ${index}`]), index);
  const pickedOut = {
    ClassEligibility: Object.fromEntries([...Array(2001).keys()].map((n) => [`class ${n}`, n === 9])),
  };
  assert.deepEqual(blocked.block(waiting("a", { SnapshotIndex: 8, ...pickedOut })), { kind: "missed" });
  assert.deepEqual(blocked.block(waiting("b", { SnapshotIndex: 1500, ...pickedOut })), { kind: "waits" });
});

test("an evaluation that ended waits no more", () => {
  const blocked = new BlockedEvaluations(0);
  blocked.block(waiting("a", { EscapedComputedClass: true }));
  assert.deepEqual(blocked.statistics(), { blocked: 1, escaped: 1 });
  blocked.remove("a");
  blocked.remove("never seen");
  assert.deepEqual(ids(blocked.capacityGained(new Set(["small"]), 9)), []);
});

test("what waits for a job that is gone is released, so that it can be finished", () => {
  const blocked = new BlockedEvaluations(0);
  blocked.block(waiting("a", { JobID: "web" }));
  assert.equal(blocked.takeOfJob("default", "WEB")?.ID, "a");
  assert.equal(blocked.takeOfJob("default", "WEB"), undefined);
  assert.deepEqual(blocked.statistics(), { blocked: 0, escaped: 0 });
});

test("only those whose plans met conflicts are tried again by the clock", () => {
  const blocked = new BlockedEvaluations(0);
  blocked.block(waiting("a"));
  blocked.block(waiting("b", { TriggeredBy: "max-plan-attempts" }));
  assert.deepEqual(ids(blocked.takeConflicted()), ["b"]);
});
