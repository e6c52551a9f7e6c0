import assert from "node:assert";
import { test } from "node:test";
import { aNode, anEvaluation, ScriptedState } from "../scripted-state.ts";
import { nodeDrain } from "./node-drain.ts";
import { nodeEligibility } from "./node-eligibility.ts";
import { nodeRegister } from "./node-register.ts";
import { nodeStatus } from "./node-status.ts";

test("a new node may take work and tells that it was registered", () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] }, 1_000);
  const stored = script.node("n1");
  assert.equal(stored?.SchedulingEligibility, "eligible");
  assert.equal(stored?.StatusUpdatedAt, 1_000);
  assert.equal(stored?.CreateIndex, 1);
  assert.equal(stored?.ModifyIndex, 1);
  assert.deepEqual(stored?.Events, [
    {
      Message: "Node registered",
      Subsystem: "Cluster",
      Details: {},
      Timestamp: "1970-01-01T00:16:40Z",
      CreateIndex: 0,
    },
  ]);
});

test("a node is found by its id in lower case, however it was written", () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode({ ID: "AB-12" }), Evals: [] });
  assert.equal(script.node("ab-12")?.ID, "AB-12");
});

test("a registration replaces what the node says of itself and keeps what operators decided", () => {
  const script = new ScriptedState();
  const DrainStrategy = { Deadline: -1e9, IgnoreSystemJobs: false, ForceDeadline: null, StartedAt: null };
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  script.run(nodeDrain, { NodeID: "n1", DrainStrategy, MarkEligible: false, Evals: [] });
  script.run(nodeRegister, { Node: aNode({ Name: "two" }), Evals: [] });
  const stored = script.node("n1");
  assert.equal(stored?.Name, "two");
  assert.equal(stored?.Drain, true);
  assert.deepEqual(stored?.DrainStrategy, DrainStrategy);
  assert.equal(stored?.SchedulingEligibility, "ineligible");
  assert.equal(stored?.CreateIndex, 1);
  assert.equal(stored?.ModifyIndex, 3);
});

test("a node that was down tells that it is back", () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  script.run(nodeStatus, { NodeID: "n1", Status: "down", Evals: [] });
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  const messages = script.node("n1")?.Events.map((event) => event.Message);
  assert.deepEqual(messages, ["Node registered", "Node heartbeat missed", "Node re-registered"]);
});

test("of a node's events the last ten are kept", () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  for (let turn = 0; turn < 8; turn++) {
    script.run(nodeEligibility, { NodeID: "n1", Eligibility: "ineligible", Evals: [] });
    script.run(nodeEligibility, { NodeID: "n1", Eligibility: "eligible", Evals: [] });
  }
  const events = script.node("n1")?.Events ?? [];
  assert.deepEqual(
    events.map((event) => event.CreateIndex),
    [8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
  );
});

test("the evaluations that a node's coming calls for are stored with it", () => {
  const script = new ScriptedState();
  const applied = script.run(nodeRegister, { Node: aNode(), Evals: [anEvaluation()] });
  assert.equal(script.evaluation("e1")?.CreateIndex, 1);
  assert.deepEqual(
    applied.changes.map((change) => change.table),
    ["nodes", "evaluations"],
  );
});
