import assert from "node:assert/strict";
import { test } from "node:test";
import { allocationsClientUpdate } from "./commands/allocations-client-update.ts";
import { evaluationsDelete } from "./commands/evaluations-delete.ts";
import { evaluationsUpdate } from "./commands/evaluations-update.ts";
import { jobRegister } from "./commands/job-register.ts";
import { nodeRegister } from "./commands/node-register.ts";
import { RecordedReads } from "./read-set.ts";
import { aJob, aNode, anAllocation, anEvaluation, ScriptedState } from "./scripted-state.ts";
import { jobKey, type StateView } from "./view.ts";

/** Reads once, then counts how often that is said to have changed. */
function watching(script: ScriptedState, read: (view: StateView) => unknown) {
  const reads = new RecordedReads();
  read(script.view.noting(reads));
  const woken = { times: 0, stop: () => {} };
  woken.stop = script.state.watch(reads, () => {
    woken.times += 1;
  });
  return woken;
}

test("who looked at a row is woken by its change, once, and not by that of another", () => {
  const script = new ScriptedState();
  script.run(evaluationsUpdate, { Evals: [anEvaluation(), anEvaluation({ ID: "e2" })] });
  const waiting = watching(script, (view) => view.evaluations.get("e1"));
  script.run(evaluationsUpdate, { Evals: [anEvaluation({ ID: "e2" })] });
  assert.equal(waiting.times, 0);
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  assert.equal(waiting.times, 1);
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  assert.equal(waiting.times, 1);
});

test("who found nothing is woken when it comes", () => {
  const script = new ScriptedState();
  const row = watching(script, (view) => view.evaluations.get("e1"));
  const listed = watching(script, (view) => [...view.evaluations.by("job", jobKey("default", "web"))]);
  const prefixed = watching(script, (view) => [...view.evaluations.withPrefix("e")]);
  const counted = watching(script, (view) => view.evaluations.size);
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  assert.deepEqual([row.times, listed.times, prefixed.times, counted.times], [1, 1, 1, 1]);
});

test("who looked at a row is woken when it goes", () => {
  const script = new ScriptedState();
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  const row = watching(script, (view) => view.evaluations.get("e1"));
  const listed = watching(script, (view) => [...view.evaluations.by("job", jobKey("default", "web"))]);
  script.run(evaluationsDelete, { Evals: ["e1"], Allocs: [] });
  assert.deepEqual([row.times, listed.times], [1, 1]);
});

test("who listed by an index is woken when a row leaves it, though the row stays", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  script.place(anAllocation());
  const waiting = watching(script, (view) => view.allocations.hasAny("activeJob", jobKey("default", "web")));
  script.run(allocationsClientUpdate, { Allocs: [anAllocation({ ClientStatus: "complete" })], Evals: [] });
  assert.equal(waiting.times, 1);
});

test("prefixes of different lengths wake each for its own keys", () => {
  const script = new ScriptedState();
  const [a, ab, all] = ["a", "ab", ""].map((prefix) => watching(script, (view) => view.nodes.withPrefix(prefix)));
  script.run(nodeRegister, { Node: aNode({ ID: "b1" }), Evals: [] });
  assert.deepEqual([a?.times, ab?.times, all?.times], [0, 0, 1]);
  script.run(nodeRegister, { Node: aNode({ ID: "a1" }), Evals: [] });
  assert.deepEqual([a?.times, ab?.times], [1, 0]);
  script.run(nodeRegister, { Node: aNode({ ID: "abc" }), Evals: [] });
  assert.deepEqual([a?.times, ab?.times], [1, 1]);
});

test("what only a supposition reads is noted too", () => {
  const script = new ScriptedState();
  const waiting = watching(script, (view) => view.assuming((write) => write.nodes.get("n1")).evaluations.get("e1"));
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  assert.equal(waiting.times, 1);
});

test("when a table was last written is no reason to be woken", () => {
  const script = new ScriptedState();
  const waiting = watching(script, (view) => [view.nodes.lastIndex, view.nodes.get("n2")]);
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  assert.equal(waiting.times, 0);
});

test("who stopped waiting is not called", () => {
  const script = new ScriptedState();
  const waiting = watching(script, (view) => view.nodes.withPrefix("n"));
  waiting.stop();
  waiting.stop();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  assert.equal(waiting.times, 0);
});

test("who is woken sees the change and may wait again at once", () => {
  const script = new ScriptedState();
  const seen: number[] = [];
  const wait = () => {
    const reads = new RecordedReads();
    seen.push(script.view.noting(reads).nodes.size);
    script.state.watch(reads, wait);
  };
  wait();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  script.run(nodeRegister, { Node: aNode({ ID: "n2" }), Evals: [] });
  assert.deepEqual(seen, [0, 1, 2]);
});

test("what a client says of an allocation is no news to who waits for what the servers assign to its node", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  const { NodeID } = anAllocation();
  const none = watching(script, (view) => view.allocations.assignedTo(NodeID));
  script.place(anAllocation());
  assert.equal(none.times, 1, "a new one is");
  const waiting = watching(script, (view) => view.allocations.assignedTo(NodeID));
  const listed = watching(script, (view) => [...view.allocations.by("node", NodeID)]);
  script.run(allocationsClientUpdate, { Allocs: [anAllocation({ ClientStatus: "running" })], Evals: [] });
  assert.deepEqual([waiting.times, listed.times], [0, 1]);
  script.place(anAllocation({ DesiredStatus: "stop" }));
  assert.equal(waiting.times, 1, "a change by the servers is");
  const left = watching(script, (view) => view.allocations.assignedTo(NodeID));
  script.run(evaluationsDelete, { Evals: [], Allocs: [anAllocation().ID] });
  assert.equal(left.times, 1, "one that goes is");
});

test("of five thousand that wait for the allocations of their nodes, a placement wakes one", () => {
  const script = new ScriptedState();
  const all = Array.from({ length: 5_000 }, (_, i) => watching(script, (view) => view.allocations.by("node", `n${i}`)));
  script.place(anAllocation({ NodeID: "n42" }));
  assert.deepEqual(
    all.flatMap((waiting, i) => (waiting.times > 0 ? [i] : [])),
    [42],
  );
});
