import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, anEvaluation, ScriptedState } from "../scripted-state.ts";
import { jobKey } from "../view.ts";
import { evaluationsUpdate } from "./evaluations-update.ts";
import { jobRegister } from "./job-register.ts";

const periodic = { Enabled: true, Spec: "* * * * *", SpecType: "cron" };

test("a new job and its evaluation are stored by one entry", () => {
  const script = new ScriptedState();
  const { changes } = script.run(jobRegister, { Job: aJob(), Eval: anEvaluation() }, 7);
  const { Version, Status, SubmitTime, CreateIndex, ModifyIndex, JobModifyIndex } = script.job("web") ?? aJob();
  assert.deepEqual(
    { Version, Status, SubmitTime, CreateIndex, ModifyIndex, JobModifyIndex },
    { Version: 0, Status: "pending", SubmitTime: 7e9, CreateIndex: 1, ModifyIndex: 1, JobModifyIndex: 1 },
  );
  assert.equal(script.evaluation("e1")?.JobModifyIndex, 1);
  assert.deepEqual(changes.map((change) => change.table).sort(), ["evaluations", "jobSummaries", "jobs"]);
});

test("what a submitter says of status, versions and indexes is not believed", () => {
  const script = new ScriptedState();
  const told = { Status: "dead", Version: 9, CreateIndex: 99, ModifyIndex: 99, JobModifyIndex: 99, SubmitTime: 1 };
  script.run(jobRegister, { Job: aJob(told), Eval: null }, 7);
  const stored = script.job("web");
  assert.equal(stored?.Status, "pending");
  assert.equal(stored?.Version, 0);
  assert.equal(stored?.JobModifyIndex, 1);
  assert.equal(stored?.SubmitTime, 7e9);
});

test("a changed job is a new version, an unchanged one only a newer registration", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  script.run(jobRegister, { Job: aJob({ Priority: 70 }), Eval: null });
  assert.equal(script.job("web")?.Version, 1);
  script.run(jobRegister, { Job: aJob({ Priority: 70 }), Eval: null });
  const stored = script.job("web");
  assert.equal(stored?.Version, 1);
  assert.equal(stored?.CreateIndex, 1);
  assert.equal(stored?.JobModifyIndex, 3);
});

test("ids that differ only in case are one job, shown as written last", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob({ ID: "Web" }), Eval: null });
  script.run(jobRegister, { Job: aJob({ ID: "wEB" }), Eval: null });
  assert.equal(script.view.jobs.size, 1);
  assert.equal(script.job("WEB")?.ID, "wEB");
});

test("a summary gains the groups a job gains and keeps those it loses", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  script.run(jobRegister, { Job: aJob({ TaskGroups: [{ Name: "__proto__" }] }), Eval: null });
  const summary = script.view.jobSummaries.get(jobKey("default", "web"));
  assert.deepEqual(Object.keys(summary?.Summary ?? {}), ["app", "__proto__"]);
  assert.equal(summary?.CreateIndex, 1);
  assert.equal(summary?.ModifyIndex, 2);
});

test("a finished job that is registered again is pending at once", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation() });
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ Status: "complete" })] });
  assert.equal(script.job("web")?.Status, "dead");
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation({ ID: "e2" }) });
  assert.equal(script.job("web")?.Status, "pending");
});

test("a job whose allocations run stays running when it is registered again", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation() });
  script.place(anAllocation());
  script.run(jobRegister, { Job: aJob({ Priority: 70 }), Eval: anEvaluation({ ID: "e2" }) });
  assert.equal(script.job("web")?.Status, "running");
});

test("a periodic job is running, and counts its launches from its first registration", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob({ Periodic: periodic }), Eval: null }, 100);
  script.run(jobRegister, { Job: aJob({ Periodic: periodic, Priority: 70 }), Eval: null }, 200);
  assert.equal(script.job("web")?.Status, "running");
  assert.deepEqual(script.view.periodicLaunches.get(jobKey("default", "web")), {
    ID: "web",
    Namespace: "default",
    Launch: 100e9,
    CreateIndex: 1,
    ModifyIndex: 1,
  });
});

test("a child tells when its parent was launched, and its parent counts it", () => {
  const script = new ScriptedState();
  const key = jobKey("default", "web");
  script.run(jobRegister, { Job: aJob({ Periodic: periodic }), Eval: null });
  const child = aJob({ ID: "web/periodic-300", ParentID: "web" });
  script.run(jobRegister, { Job: child, Eval: anEvaluation({ JobID: child.ID }) });
  assert.equal(script.view.periodicLaunches.get(key)?.Launch, 300e9);
  assert.deepEqual(script.view.jobSummaries.get(key)?.Children, { Pending: 1, Running: 0, Dead: 0 });
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ JobID: child.ID, Status: "complete" })] });
  assert.deepEqual(script.view.jobSummaries.get(key)?.Children, { Pending: 0, Running: 0, Dead: 1 });
});
