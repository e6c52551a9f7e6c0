import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, anEvaluation, ScriptedState } from "../scripted-state.ts";
import { allocationsClientUpdate } from "./allocations-client-update.ts";
import { jobDeregister } from "./job-deregister.ts";
import { jobRegister } from "./job-register.ts";
import { summariesReconcile } from "./summaries-reconcile.ts";

function withAllocation(): ScriptedState {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  script.place(anAllocation());
  return script;
}

const reported = (script: ScriptedState, ...statuses: readonly string[]) => {
  for (const ClientStatus of statuses) {
    script.run(allocationsClientUpdate, { Allocs: [anAllocation({ ClientStatus })], Evals: [] });
  }
};

test("of a report only what a client may say is taken", () => {
  const script = withAllocation();
  const report = anAllocation({
    ClientStatus: "running",
    ClientDescription: "well",
    TaskStates: { __proto__: null, task: { State: "running" } },
    DesiredStatus: "stop",
    NodeID: "n2",
    Job: null,
  });
  script.run(allocationsClientUpdate, { Allocs: [report], Evals: [] }, 5);
  const stored = script.allocation("a1");
  assert.equal(stored?.ClientStatus, "running");
  assert.equal(stored?.ClientDescription, "well");
  assert.equal(stored?.TaskStates.task?.State, "running");
  assert.equal(stored?.DesiredStatus, "run");
  assert.equal(stored?.NodeID, "n1");
  assert.equal(stored?.Job?.ID, "web");
  assert.equal(stored?.ModifyTime, 5e9);
  assert.equal(stored?.ModifyIndex, 3);
});

test("a report does not make the client fetch its allocation again", () => {
  const script = withAllocation();
  reported(script, "running");
  assert.equal(script.allocation("a1")?.AllocModifyIndex, 2);
});

test("a report of an unknown allocation changes nothing and harms no other", () => {
  const script = withAllocation();
  const Allocs = [anAllocation({ ID: "a9" }), anAllocation({ ClientStatus: "running" })];
  const { changes } = script.run(allocationsClientUpdate, { Allocs, Evals: [] });
  assert.equal(script.view.allocations.size, 1);
  assert.equal(script.allocation("a1")?.ClientStatus, "running");
  assert.ok(changes.every((change) => !change.key.includes("a9")));
});

test("a job is dead when its last allocation is over, and the evaluations of a report are stored with it", () => {
  const script = withAllocation();
  script.run(allocationsClientUpdate, {
    Allocs: [anAllocation({ ClientStatus: "failed" })],
    Evals: [anEvaluation()],
  });
  assert.equal(script.job("web")?.Status, "pending");
  const idle = withAllocation();
  reported(idle, "complete");
  assert.equal(idle.job("web")?.Status, "dead");
});

test("counters follow the client's status; what ended stays counted", () => {
  const script = withAllocation();
  assert.deepEqual(script.counted("web", "app"), { Starting: 1 });
  reported(script, "running");
  assert.deepEqual(script.counted("web", "app"), { Running: 1 });
  reported(script, "lost");
  assert.deepEqual(script.counted("web", "app"), { Lost: 1 });
  reported(script, "failed");
  assert.deepEqual(script.counted("web", "app"), { Failed: 1 });
  reported(script, "running");
  assert.deepEqual(script.counted("web", "app"), { Failed: 1, Running: 1 });
});

test("allocations of a job that was purged and registered anew are not counted for the new one", () => {
  const script = withAllocation();
  script.run(jobDeregister, { Namespace: "default", JobID: "web", Purge: true, Eval: null });
  script.run(jobRegister, { Job: aJob(), Eval: null });
  reported(script, "running");
  assert.deepEqual(script.counted("web", "app"), {});
});

test("a reconciliation counts anew, and changes nothing that was right", () => {
  const script = withAllocation();
  reported(script, "failed", "running");
  assert.deepEqual(script.counted("web", "app"), { Failed: 1, Running: 1 });
  assert.equal(script.run(summariesReconcile, {}).changes.length, 1);
  assert.deepEqual(script.counted("web", "app"), { Running: 1 });
  assert.deepEqual(script.run(summariesReconcile, {}).changes, []);
});

test("a reconciliation leaves alone what evaluations found queued", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation({ QueuedAllocations: { app: 4 } }) });
  script.run(summariesReconcile, {});
  assert.deepEqual(script.counted("web", "app"), { Queued: 4 });
});
