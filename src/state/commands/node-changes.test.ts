import assert from "node:assert";
import { test } from "node:test";
import { aNode, anAllocation, anEvaluation, ScriptedState } from "../scripted-state.ts";
import { allocationsClientUpdate } from "./allocations-client-update.ts";
import { nodeDeregister } from "./node-deregister.ts";
import { nodeDrain } from "./node-drain.ts";
import { nodeEligibility } from "./node-eligibility.ts";
import { nodeRegister } from "./node-register.ts";
import { nodeStatus } from "./node-status.ts";
import { planResults } from "./plan-results.ts";

const draining = {
  NodeID: "n1",
  DrainStrategy: { Deadline: -1e9, IgnoreSystemJobs: false, ForceDeadline: null, StartedAt: null },
  MarkEligible: false,
  Evals: [],
};

function withNode(): ScriptedState {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  return script;
}

const lastMessage = (script: ScriptedState) => script.node("n1")?.Events.at(-1)?.Message;

test("a status is stored with its time, and with the evaluations it calls for", () => {
  const script = withNode();
  script.run(nodeStatus, { NodeID: "n1", Status: "down", Evals: [anEvaluation({ NodeID: "n1" })] }, 60);
  assert.equal(script.node("n1")?.Status, "down");
  assert.equal(script.node("n1")?.StatusUpdatedAt, 60);
  assert.equal(script.node("n1")?.ModifyIndex, 2);
  assert.equal(script.evaluation("e1")?.NodeModifyIndex, 2);
});

test("a node that beats again tells so", () => {
  const script = withNode();
  script.run(nodeStatus, { NodeID: "n1", Status: "down", Evals: [] });
  assert.equal(lastMessage(script), "Node heartbeat missed");
  script.run(nodeStatus, { NodeID: "n1", Status: "ready", Evals: [] });
  assert.equal(lastMessage(script), "Node reregistered by heartbeat");
});

test("what is asked of a node that is not there is refused, and nothing is stored", () => {
  const script = new ScriptedState();
  const Evals = [anEvaluation()];
  const refusals = [
    script.run(nodeStatus, { NodeID: "n1", Status: "down", Evals }),
    script.run(nodeDrain, { ...draining, Evals }),
    script.run(nodeEligibility, { NodeID: "n1", Eligibility: "eligible", Evals }),
    script.run(nodeDeregister, { NodeID: "n1", Evals }),
  ];
  for (const { result, changes } of refusals) {
    assert.deepEqual(result, { ok: false, reason: "node not found" });
    assert.deepEqual(changes, []);
  }
  assert.equal(script.view.evaluations.size, 0);
});

test("a draining node takes no work", () => {
  const script = withNode();
  script.run(nodeDrain, draining);
  assert.equal(script.node("n1")?.Drain, true);
  assert.equal(script.node("n1")?.SchedulingEligibility, "ineligible");
  assert.equal(lastMessage(script), "Node drain strategy set");
  script.run(nodeDrain, draining);
  assert.equal(lastMessage(script), "Node drain strategy updated");
});

test("when a drain ends, the node takes work again only if that is asked for", () => {
  const script = withNode();
  script.run(nodeDrain, draining);
  script.run(nodeDrain, { ...draining, DrainStrategy: null });
  assert.equal(script.node("n1")?.Drain, false);
  assert.equal(script.node("n1")?.SchedulingEligibility, "ineligible");
  assert.equal(lastMessage(script), "Node drain disabled");
  script.run(nodeDrain, { ...draining, DrainStrategy: null, MarkEligible: true });
  assert.equal(script.node("n1")?.SchedulingEligibility, "eligible");
});

test("a drain that is to end when it is over ends then only, and the node stays closed", () => {
  const script = withNode();
  const StartedAt = "1970-01-01T00:00:00Z";
  const begin = (DrainStrategy: object) =>
    script.run(nodeDrain, { ...draining, DrainStrategy: { ...draining.DrainStrategy, Deadline: 0, ...DrainStrategy } });
  const end = { NodeID: "n1", DrainStrategy: null, MarkEligible: false, Evals: [], IfOver: true };
  const refused = { ok: false, reason: "the drain is not over" };
  begin({});
  assert.deepEqual(script.run(nodeDrain, end).result, refused, "it goes on until somebody ends it");
  begin({ StartedAt });
  script.run(planResults, { Job: null, EvalID: "e1", NodeUpdate: {}, NodeAllocation: { n1: [anAllocation()] } });
  assert.deepEqual(script.run(nodeDrain, end).result, refused);
  script.run(allocationsClientUpdate, { Allocs: [anAllocation({ ClientStatus: "complete" })], Evals: [] });
  assert.deepEqual(script.run(nodeDrain, end).result, { ok: true });
  const { Drain, DrainStrategy, SchedulingEligibility } = script.node("n1") ?? assert.fail();
  assert.deepEqual([Drain, DrainStrategy, SchedulingEligibility], [false, null, "ineligible"]);
  assert.equal(lastMessage(script), "Node drain complete");
});

test("how a node's latest drain went, and what was said of it, is kept", () => {
  const script = withNode();
  const last = () => script.node("n1")?.LastDrain;
  script.run(nodeDrain, { ...draining, DrainStrategy: null }, 5);
  assert.equal(last(), null, "what does not drain has none to end");
  const times = { StartedAt: "1970-01-01T00:00:10Z", UpdatedAt: "1970-01-01T00:00:10Z" };
  const told = { Status: "draining", AccessorID: "", Meta: { message: "new disk" } };
  script.run(nodeDrain, { ...draining, Meta: { message: "new disk" } }, 10);
  assert.deepEqual({ ...last(), Meta: { ...last()?.Meta } }, { ...times, ...told });
  script.run(nodeDrain, draining, 20);
  assert.deepEqual([last()?.StartedAt, last()?.UpdatedAt], [times.StartedAt, "1970-01-01T00:00:20Z"]);
  assert.deepEqual({ ...last()?.Meta }, { message: "new disk" });
  script.run(nodeDrain, { ...draining, DrainStrategy: null, Meta: { message: "not today" } }, 30);
  assert.deepEqual([last()?.Status, { ...last()?.Meta }], ["canceled", { message: "not today" }]);
  script.run(nodeRegister, { Node: aNode(), Evals: [] }, 40);
  assert.equal(last()?.Status, "canceled");

  const StartedAt = "1970-01-01T00:00:50Z";
  script.run(nodeDrain, { ...draining, DrainStrategy: { ...draining.DrainStrategy, StartedAt } }, 50);
  assert.deepEqual([last()?.StartedAt, { ...last()?.Meta }], [StartedAt, {}], "another drain");
  const end = { NodeID: "n1", DrainStrategy: null, MarkEligible: false, Evals: [], IfOver: true };
  assert.deepEqual(script.run(nodeDrain, end, 60).result, { ok: true });
  assert.deepEqual([last()?.Status, last()?.UpdatedAt], ["complete", "1970-01-01T00:01:00Z"]);
});

test("eligibility is stored and told; told once if it is set twice", () => {
  const script = withNode();
  script.run(nodeEligibility, { NodeID: "n1", Eligibility: "ineligible", Evals: [] });
  script.run(nodeEligibility, { NodeID: "n1", Eligibility: "ineligible", Evals: [] });
  assert.equal(script.node("n1")?.SchedulingEligibility, "ineligible");
  assert.deepEqual(
    script.node("n1")?.Events.map((event) => event.Message),
    ["Node registered", "Node marked as ineligible for scheduling"],
  );
});

test("a draining node cannot be made eligible", () => {
  const script = withNode();
  script.run(nodeDrain, draining);
  const { result } = script.run(nodeEligibility, { NodeID: "n1", Eligibility: "eligible", Evals: [] });
  const reason = "can not set node's scheduling eligibility to eligible while it is draining";
  assert.deepEqual(result, { ok: false, reason });
});

test("a deregistered node is gone, and the evaluations it calls for are stored", () => {
  const script = withNode();
  script.run(nodeDeregister, { NodeID: "n1", Evals: [anEvaluation()] });
  assert.equal(script.node("n1"), undefined);
  assert.equal(script.evaluation("e1")?.NodeModifyIndex, 2);
});
