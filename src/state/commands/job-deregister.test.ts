import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, anEvaluation, ScriptedState } from "../scripted-state.ts";
import { jobKey } from "../view.ts";
import { evaluationsUpdate } from "./evaluations-update.ts";
import { jobDeregister } from "./job-deregister.ts";
import { jobRegister } from "./job-register.ts";
import { jobsForget } from "./jobs-forget.ts";

const stopping = { Namespace: "default", JobID: "web", Purge: false, Eval: null };
const key = jobKey("default", "web");

function withJob(fields = {}): ScriptedState {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(fields), Eval: null });
  return script;
}

test("a purged job leaves nothing but its evaluation", () => {
  const script = withJob({ Periodic: { Enabled: true, Spec: "@daily" } });
  script.run(jobDeregister, { ...stopping, JobID: "WEB", Purge: true, Eval: anEvaluation() });
  const { jobs, jobSummaries, periodicLaunches } = script.view;
  assert.deepEqual([jobs.size, jobSummaries.size, periodicLaunches.size], [0, 0, 0]);
  assert.equal(script.evaluation("e1")?.JobModifyIndex, 2);
});

test("a stopped job stays, as a new version, and is dead when nothing of it is left to do", () => {
  const script = withJob();
  script.run(jobDeregister, stopping);
  const stored = script.job("web");
  assert.equal(stored?.Stop, true);
  assert.equal(stored?.Status, "dead");
  assert.equal(stored?.Version, 1);
  assert.equal(stored?.JobModifyIndex, 2);
  assert.equal(script.view.jobSummaries.size, 1);
});

test("a stopped job is dead only when its allocations and evaluations are over", () => {
  const script = withJob();
  script.place(anAllocation());
  script.run(jobDeregister, { ...stopping, Eval: anEvaluation() });
  assert.equal(script.job("web")?.Status, "running");
  script.stop(anAllocation({ DesiredStatus: "stop" }));
  assert.equal(script.job("web")?.Status, "pending");
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ Status: "complete" })] });
  assert.equal(script.job("web")?.Status, "dead");
});

test("a stopped job that is registered again is a new version that runs", () => {
  const script = withJob();
  script.run(jobDeregister, stopping);
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation() });
  assert.equal(script.job("web")?.Stop, false);
  assert.equal(script.job("web")?.Version, 2);
  assert.equal(script.job("web")?.Status, "pending");
});

test("to stop a job that is not there is no error, and its evaluation is stored", () => {
  const script = new ScriptedState();
  const { result } = script.run(jobDeregister, { ...stopping, Eval: anEvaluation() });
  assert.deepEqual(result, { ok: true });
  assert.equal(script.evaluation("e1")?.Status, "pending");
});

test("a purged child is counted among its parent's dead", () => {
  const script = withJob({ Periodic: { Enabled: true, Spec: "@daily" } });
  const child = aJob({ ID: "web/periodic-5", ParentID: "web" });
  script.run(jobRegister, { Job: child, Eval: null });
  script.run(jobDeregister, { ...stopping, JobID: child.ID, Purge: true });
  assert.deepEqual(script.view.jobSummaries.get(key)?.Children, { Pending: 0, Running: 0, Dead: 1 });
});

test("dead jobs are forgotten, those that live again meanwhile are not", () => {
  const script = withJob();
  const forgetting = { Jobs: [{ Namespace: "default", ID: "web" }] };
  script.run(jobsForget, forgetting);
  assert.equal(script.job("web")?.Status, "pending");
  script.run(jobDeregister, stopping);
  script.run(jobsForget, forgetting);
  assert.equal(script.job("web"), undefined);
  assert.equal(script.view.jobSummaries.size, 0);
});
