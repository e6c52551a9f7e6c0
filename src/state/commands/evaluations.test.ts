import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, anEvaluation, ScriptedState } from "../scripted-state.ts";
import { evaluationsDelete } from "./evaluations-delete.ts";
import { evaluationsUpdate } from "./evaluations-update.ts";
import { jobRegister } from "./job-register.ts";

test("an evaluation keeps its creation and takes the time of each change", () => {
  const script = new ScriptedState();
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] }, 1);
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ Status: "complete" })] }, 2);
  const { Status, CreateIndex, ModifyIndex, CreateTime, ModifyTime } = script.evaluation("e1") ?? anEvaluation();
  assert.deepEqual(
    { Status, CreateIndex, ModifyIndex, CreateTime, ModifyTime },
    { Status: "complete", CreateIndex: 1, ModifyIndex: 2, CreateTime: 1e9, ModifyTime: 2e9 },
  );
});

test("what an evaluation found queued is seen in the summary, and that is a change", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  const { changes } = script.run(evaluationsUpdate, { Evals: [anEvaluation({ QueuedAllocations: { app: 3 } })] });
  assert.deepEqual(script.counted("web", "app"), { Queued: 3 });
  assert.ok(changes.some((change) => change.table === "jobSummaries"));
});

test("queued counts of unknown groups and unknown jobs are passed over", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  const other = anEvaluation({ ID: "e2", JobID: "other", QueuedAllocations: { app: 1 } });
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ QueuedAllocations: { constructor: 3 } }), other] });
  assert.deepEqual(script.counted("web", "app"), {});
  assert.deepEqual(script.counted("web", "constructor"), {});
});

test("a job is pending while an evaluation is not over and dead after, when nothing was placed", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation() });
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ Status: "blocked" })] });
  assert.equal(script.job("web")?.Status, "pending");
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ Status: "failed" })] });
  assert.equal(script.job("web")?.Status, "dead");
  assert.equal(script.job("web")?.ModifyIndex, 3);
  assert.equal(script.job("web")?.JobModifyIndex, 1);
});

test("deleted evaluations and allocations are gone, unknown ones are passed over", () => {
  const script = new ScriptedState();
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  script.place(anAllocation());
  script.run(evaluationsDelete, { Evals: ["E1", "e9"], Allocs: ["A1", "a9"] });
  assert.equal(script.view.evaluations.size, 0);
  assert.equal(script.view.allocations.size, 0);
  assert.deepEqual([...script.view.allocations.by("node", "n1")], []);
});

test("a job whose last evaluation is collected is dead, not new again", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation({ Status: "complete" }) });
  script.run(evaluationsDelete, { Evals: ["e1"], Allocs: [] });
  assert.equal(script.job("web")?.Status, "dead");
});
