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
  const blocked = new BlockedEvaluations();
  blocked.block(waiting("gpu", { ClassEligibility: { big: true, small: false } }));
  assert.deepEqual(ids(blocked.capacityGained("small", 9)), []);
  assert.deepEqual(ids(blocked.capacityGained("big", 10)), ["gpu"]);
  assert.deepEqual(ids(blocked.capacityGained("big", 11)), []);
});

test("a class the scheduler has not met may be eligible too", () => {
  const blocked = new BlockedEvaluations();
  blocked.block(waiting("a", { ClassEligibility: { small: false } }));
  assert.deepEqual(ids(blocked.capacityGained("brand new", 9)), ["a"]);
});

test("one that escaped its classes is released by any capacity", () => {
  const blocked = new BlockedEvaluations();
  blocked.block(waiting("a", { EscapedComputedClass: true, ClassEligibility: { small: false } }));
  assert.deepEqual(ids(blocked.capacityGained("small", 9)), ["a"]);
});

test("capacity that came after the scheduler looked is not missed", () => {
  const blocked = new BlockedEvaluations();
  blocked.capacityGained("big", 9);
  assert.deepEqual(blocked.block(waiting("a", { SnapshotIndex: 8 })), { kind: "missed" });
  assert.deepEqual(blocked.block(waiting("a", { SnapshotIndex: 9 })), { kind: "waits" });
});

test("a job has one evaluation waiting; a second is a duplicate, the same one again is not", () => {
  const blocked = new BlockedEvaluations();
  blocked.block(waiting("a", { JobID: "web" }));
  assert.deepEqual(blocked.block(waiting("b", { JobID: "Web" })), { kind: "duplicate" });
  assert.deepEqual(blocked.block(waiting("a", { JobID: "web" })), { kind: "waits" });
});

test("what waits for a job that is gone is released, so that it can be finished", () => {
  const blocked = new BlockedEvaluations();
  blocked.block(waiting("a", { JobID: "web" }));
  assert.deepEqual(ids(blocked.takeOfJob("default", "WEB")), ["a"]);
  assert.deepEqual(blocked.statistics(), { blocked: 0, escaped: 0 });
});

test("only those whose plans met conflicts are tried again by the clock", () => {
  const blocked = new BlockedEvaluations();
  blocked.block(waiting("a"));
  blocked.block(waiting("b", { TriggeredBy: "max-plan-attempts" }));
  assert.deepEqual(ids(blocked.takeConflicted()), ["b"]);
});
