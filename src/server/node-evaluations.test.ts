import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evaluation } from "../model/index.ts";
import { jobDeregister, jobRegister, nodeRegister, nodeStatus, planResults } from "../state/index.ts";
import { changeWithEvaluations, nodeEvaluations } from "./node-evaluations.ts";
import { aJob, aNode, anAllocation, byNode, id } from "./testing/makers.ts";
import { testTenure } from "./testing/test-world.ts";

/** A node with an allocation of "web". */
async function withNode() {
  const { state, runtime, log } = testTenure();
  const register = (fields: object = {}) => state.propose(jobRegister, { Job: aJob({ ...fields }), Eval: null });
  const place = (fields: object, JobID: string) => {
    const Job = [...state.view().jobs.all()].find(({ ID }) => ID === JobID) ?? null;
    const NodeAllocation = byNode([anAllocation({ ...fields, Job: null }, aJob({ ID: JobID }))]);
    return state.propose(planResults, { Job, EvalID: "", NodeUpdate: {}, NodeAllocation });
  };
  await state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  await register({ Priority: 70 });
  await place({}, "web");
  return { state, log, register, place, random: runtime.random };
}

const told = (Evals: readonly Evaluation[]) => Evals.map(({ JobID }) => JobID).sort();

test("every job with an allocation on the node is looked at once, as it was when it was placed", async () => {
  const { state, place, random } = await withNode();
  await place({ ID: id(201), ClientStatus: "complete" }, "web");
  const Evals = nodeEvaluations(state.view(), id(1), { random, nodeModifyIndex: 7 });
  assert.equal(Evals.length, 1);
  const { JobID, Type, Priority, TriggeredBy, NodeID, NodeModifyIndex, Status, JobModifyIndex } =
    Evals[0] as Evaluation;
  assert.deepEqual([JobID, Type, Priority, TriggeredBy, Status], ["web", "service", 70, "node-update", "pending"]);
  assert.deepEqual([NodeID, NodeModifyIndex, JobModifyIndex], [id(1), 7, 2]);
});

test("system jobs are looked at whatever runs on the node, unless they are stopped", async () => {
  const { state, register, random } = await withNode();
  await register({ ID: "everywhere", Type: "system" });
  await register({ ID: "stopped", Type: "system" });
  await state.propose(jobDeregister, { Namespace: "default", JobID: "stopped", Purge: false, Eval: null });
  assert.deepEqual(told(nodeEvaluations(state.view(), id(1), { random, nodeModifyIndex: 0 })), ["everywhere", "web"]);
  assert.deepEqual(told(nodeEvaluations(state.view(), id(9), { random, nodeModifyIndex: 0 })), ["everywhere"]);
});

test("what comes to a node while its change is on its way to the log is looked at too", async () => {
  const { state, log, register, place, random } = await withNode();
  await register({ ID: "db" });
  log.hold();
  const placing = place({ ID: id(201) }, "db");
  const registering = register({ ID: "everywhere", Type: "system" });
  const changing = changeWithEvaluations({ state, random }, id(1), (Evals) =>
    state.propose(nodeStatus, { NodeID: id(1), Status: "down", Evals }),
  );
  log.commit();
  await Promise.all([placing, registering]);
  const { Evals } = await changing;
  assert.deepEqual(told(Evals), ["db", "everywhere", "web"]);
  assert.deepEqual(told([...state.view().evaluations.all()]), ["db", "everywhere", "web"]);
});

test("a change that calls for nothing more costs one entry", async () => {
  const { state, log, random } = await withNode();
  const entries = log.applied.length;
  const { index } = await changeWithEvaluations({ state, random }, id(1), (Evals) =>
    state.propose(nodeStatus, { NodeID: id(1), Status: "down", Evals }),
  );
  assert.deepEqual([index, log.applied.length], [entries + 1, entries + 1]);
});
