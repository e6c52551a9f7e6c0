import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, anEvaluation, ScriptedState } from "../scripted-state.ts";
import { allocationsClientUpdate } from "./allocations-client-update.ts";
import { jobDeregister } from "./job-deregister.ts";
import { jobRegister } from "./job-register.ts";
import { planResults } from "./plan-results.ts";

function withJob(): ScriptedState {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation() });
  return script;
}

test("a new allocation gets indexes, times, its job and what its tasks were granted", () => {
  const script = withJob();
  const network = (port: number) => ({ Device: "eth0", MBits: 10, DynamicPorts: [{ Label: "p", Value: port }] });
  const TaskResources = {
    one: { CPU: 100, MemoryMB: 64, Networks: [network(20_000)] },
    two: { CPU: 50, MemoryMB: 32, DiskMB: 5, Networks: [network(20_001)] },
  };
  const placed = anAllocation({ TaskResources });
  script.run(
    planResults,
    { Job: script.job("web") ?? null, EvalID: "e1", NodeUpdate: {}, NodeAllocation: { n1: [placed] } },
    9,
  );
  const stored = script.allocation("a1");
  assert.equal(stored?.CreateIndex, 2);
  assert.equal(stored?.ModifyIndex, 2);
  assert.equal(stored?.AllocModifyIndex, 2);
  assert.equal(stored?.CreateTime, 9e9);
  assert.equal(stored?.ModifyTime, 9e9);
  assert.equal(stored?.Job?.ID, "web");
  assert.equal(stored?.Resources?.CPU, 150);
  assert.equal(stored?.Resources?.MemoryMB, 96);
  assert.equal(stored?.Resources?.DiskMB, 5);
  assert.equal(stored?.Resources?.Networks[0]?.MBits, 20);
  assert.deepEqual(
    stored?.Resources?.Networks[0]?.DynamicPorts.map((port) => port.Value),
    [20_000, 20_001],
  );
});

test("a summary is written once an entry, however many allocations of its groups are counted", () => {
  const groups = ["app", "web", "db"];
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob({ TaskGroups: groups.map((Name) => ({ Name })) }), Eval: anEvaluation() });
  const placed = groups.flatMap((TaskGroup) =>
    ["1", "2"].map((number) => anAllocation({ ID: `${TaskGroup}${number}`, TaskGroup })),
  );
  const { changes } = script.place(...placed);
  assert.equal(changes.filter(({ table }) => table === "jobSummaries").length, 1);
  for (const name of groups) assert.deepEqual(script.counted("web", name), { Starting: 2 });
});

test("allocations of one registration share one job in memory, across plans", () => {
  const script = withJob();
  script.place(anAllocation(), anAllocation({ ID: "a2" }));
  const [first, second] = [script.allocation("a1")?.Job, script.allocation("a2")?.Job];
  assert.ok(first !== null && first === second);
  script.place(anAllocation({ ID: "a3" }));
  script.place(anAllocation({ ID: "a4" }));
  assert.ok(script.allocation("a3")?.Job === script.allocation("a4")?.Job);
});

test("a later part of a plan names its job by an allocation of an earlier one", () => {
  const script = withJob();
  const Job = script.job("web") ?? null;
  script.run(planResults, { Job, EvalID: "e1", NodeUpdate: {}, NodeAllocation: { n1: [anAllocation()] } });
  script.run(jobRegister, { Job: aJob({ Priority: 70 }), Eval: null });
  const NodeAllocation = { n2: [anAllocation({ ID: "a2" })] };
  script.run(planResults, { Job: null, JobOf: "a1", EvalID: "e1", NodeUpdate: {}, NodeAllocation });
  const [first, second] = [script.allocation("a1"), script.allocation("a2")];
  assert.equal(second?.Job?.Version, 0);
  assert.equal(second?.Job, first?.Job);
});

test("an allocation is of the version it was planned for, also when the job is newer by now", () => {
  const script = withJob();
  const Job = script.job("web") ?? null;
  script.run(jobRegister, { Job: aJob({ Priority: 70 }), Eval: null });
  script.run(planResults, { Job, EvalID: "e1", NodeUpdate: {}, NodeAllocation: { n1: [anAllocation()] } });
  assert.equal(script.allocation("a1")?.Job?.Version, 0);
  script.stop(anAllocation({ DesiredStatus: "stop" }));
  assert.equal(script.allocation("a1")?.Job?.Version, 0);
  assert.equal(script.allocation("a1")?.DesiredStatus, "stop");
});

test("an update in place brings the new version and a newer index for the client", () => {
  const script = withJob();
  script.place(anAllocation());
  script.run(jobRegister, { Job: aJob({ Priority: 70 }), Eval: null });
  script.place(anAllocation());
  const stored = script.allocation("a1");
  assert.equal(stored?.Job?.Version, 1);
  assert.equal(stored?.CreateIndex, 2);
  assert.equal(stored?.AllocModifyIndex, 4);
});

test("what the client said stays, whatever an older view made the scheduler believe", () => {
  const script = withJob();
  script.place(anAllocation());
  const TaskStates = { task: { State: "dead" } };
  const report = anAllocation({ ClientStatus: "failed", ClientDescription: "broken", TaskStates });
  script.run(allocationsClientUpdate, { Allocs: [report], Evals: [] });
  script.stop(anAllocation({ DesiredStatus: "stop", ClientStatus: "running" }));
  const stored = script.allocation("a1");
  assert.equal(stored?.ClientStatus, "failed");
  assert.equal(stored?.ClientDescription, "broken");
  assert.equal(stored?.TaskStates.task?.State, "dead");
});

test("the servers may declare an allocation lost", () => {
  const script = withJob();
  script.place(anAllocation());
  script.stop(anAllocation({ DesiredStatus: "stop", ClientStatus: "lost" }));
  assert.equal(script.allocation("a1")?.ClientStatus, "lost");
  assert.deepEqual(script.counted("web", "app"), { Lost: 1 });
});

test("to stop an allocation that was collected meanwhile does not bring it back", () => {
  const script = withJob();
  const { changes } = script.stop(anAllocation({ DesiredStatus: "stop" }));
  assert.deepEqual(changes, []);
});

test("a placed allocation makes its job run and moves from queued to starting", () => {
  const script = withJob();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation({ QueuedAllocations: { app: 2 } }) });
  script.place(anAllocation());
  assert.equal(script.job("web")?.Status, "running");
  assert.deepEqual(script.counted("web", "app"), { Queued: 1, Starting: 1 });
});

test("an allocation names the one that came in its place, and its client is not bothered", () => {
  const script = withJob();
  script.place(anAllocation());
  script.place(anAllocation({ ID: "a2", PreviousAllocation: "a1" }));
  assert.equal(script.allocation("a1")?.NextAllocation, "a2");
  assert.equal(script.allocation("a1")?.ModifyIndex, 3);
  assert.equal(script.allocation("a1")?.AllocModifyIndex, 2);
});

test("a group that the summary does not know, and a job that is gone, fail nothing", () => {
  const script = withJob();
  script.place(anAllocation({ TaskGroup: "other" }));
  assert.equal(script.allocation("a1")?.TaskGroup, "other");
  script.run(jobDeregister, { Namespace: "default", JobID: "web", Purge: true, Eval: null });
  script.stop(anAllocation({ DesiredStatus: "stop" }));
  assert.equal(script.allocation("a1")?.DesiredStatus, "stop");
});

test("the log carries a plan's job once, not with every allocation", () => {
  const Job = { ...aJob(), JobModifyIndex: 5 };
  const request = {
    Job,
    EvalID: "e1",
    NodeUpdate: { n1: [{ ...anAllocation(), Job }] },
    NodeAllocation: { n1: [{ ...anAllocation(), Job }] },
  };
  const compact = planResults.compact?.(request);
  assert.equal(compact?.Job, Job);
  assert.equal(compact?.NodeUpdate.n1?.[0]?.Job, null);
  assert.equal(compact?.NodeAllocation.n1?.[0]?.Job, null);
});

/** Allocation `a1` of "web" makes room for `b1` of "vip". */
function preempting(script: ScriptedState, Evals = [anEvaluation({ ID: "e9", TriggeredBy: "preemption" })]) {
  return script.run(
    planResults,
    {
      Job: aJob({ ID: "vip" }),
      EvalID: "e2",
      NodeUpdate: {},
      NodeAllocation: { n1: [anAllocation({ ID: "b1", JobID: "vip", PreemptedAllocations: ["a1"] })] },
      NodePreemptions: { n1: [{ ID: "a1", PreemptedByAllocation: "b1" }] },
      PreemptionEvals: Evals,
    },
    7,
  );
}

test("what makes room says for whom, and its job's evaluation stands in the same entry", () => {
  const script = withJob();
  script.place(anAllocation({ ClientStatus: "running" }));
  preempting(script);
  const stored = script.allocation("a1");
  assert.deepEqual(
    [stored?.DesiredStatus, stored?.DesiredDescription, stored?.PreemptedByAllocation, stored?.ClientStatus],
    ["evict", "Preempted by alloc ID b1", "b1", "running"],
  );
  assert.deepEqual([stored?.ModifyIndex, stored?.AllocModifyIndex, stored?.ModifyTime], [3, 3, 7e9]);
  assert.deepEqual([stored?.Job?.ID, stored?.Resources?.CPU, stored?.CreateIndex], ["web", 0, 2]);
  assert.deepEqual(script.allocation("b1")?.PreemptedAllocations, ["a1"]);
  const follows = script.evaluation("e9");
  assert.deepEqual([follows?.TriggeredBy, follows?.Status, follows?.CreateIndex], ["preemption", "pending", 3]);
  assert.equal(script.job("web")?.Status, "pending");
});

test("what has ended by itself, made room for another already or was collected makes none any more", () => {
  const ended = withJob();
  ended.place(anAllocation({ ClientStatus: "complete" }));
  preempting(ended);
  assert.deepEqual([ended.allocation("a1")?.DesiredStatus, ended.allocation("a1")?.ModifyIndex], ["run", 2]);

  const gone = withJob();
  preempting(gone);
  assert.equal(gone.allocation("a1"), undefined);

  const taken = withJob();
  taken.place(anAllocation());
  preempting(taken);
  taken.run(planResults, {
    Job: null,
    EvalID: "e3",
    NodeUpdate: {},
    NodeAllocation: {},
    NodePreemptions: { n1: [{ ID: "a1", PreemptedByAllocation: "c1" }] },
  });
  assert.equal(taken.allocation("a1")?.PreemptedByAllocation, "b1");
});

test("who has the room of an allocation is known also when its job stops it", () => {
  const script = withJob();
  script.place(anAllocation());
  preempting(script);
  script.stop(anAllocation({ DesiredStatus: "stop" }));
  assert.deepEqual(
    [script.allocation("a1")?.DesiredStatus, script.allocation("a1")?.PreemptedByAllocation],
    ["stop", "b1"],
  );
});

test("the log says no more of preemptions than it has to, and nothing where there are none", () => {
  const request = { Job: null, EvalID: "e1", NodeUpdate: {}, NodeAllocation: {} };
  const plain = planResults.compact?.(request);
  assert.deepEqual(Object.keys(plain ?? {}), ["Job", "EvalID", "NodeUpdate", "NodeAllocation"]);
  const NodePreemptions = { n1: [anAllocation({ PreemptedByAllocation: "b1" })] };
  const compact = planResults.compact?.({ ...request, NodePreemptions });
  assert.deepEqual(compact?.NodePreemptions?.n1, [{ ID: "a1", PreemptedByAllocation: "b1" }]);
});
