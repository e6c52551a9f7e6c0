import assert from "node:assert/strict";
import { test } from "node:test";
import { RpcError } from "../../api/index.ts";
import { State, type StateView } from "../../state/index.ts";
import { aJob, aNode, anAllocation, anEvaluation, id } from "../testing/makers.ts";
import { ScriptedLeader } from "../testing/scripted-leader.ts";
import { defaultAges } from "./collect-garbage.ts";
import { reapGarbage } from "./reap-garbage.ts";

const context = { now: 0, ages: defaultAges, signal: new AbortController().signal };

/** A view in which so much of each is over. */
function over({ evaluations = 0, allocations = 0, jobs = 0, nodes = 0 }): StateView {
  const ids = (count: number, from: number) => Array.from({ length: count }, (_, n) => id(from + n));
  const evaluation = anEvaluation({ Status: "complete" });
  const allocation = anAllocation({ EvalID: id(10_000), ClientStatus: "failed" });
  return new State().view().assuming((write) => {
    for (const ID of ids(evaluations, 10_000)) write.put("evaluations", { ...evaluation, ID });
    for (const ID of ids(allocations, 50_000)) write.put("allocations", { ...allocation, ID });
    for (const ID of ids(jobs, 1)) write.put("jobs", aJob({ ID, Stop: true, Status: "dead" }));
    for (const ID of ids(nodes, 1)) write.put("nodes", aNode({ ID, Status: "down" }));
  });
}

test("allocations go before their evaluations, these before their jobs, nodes last", async () => {
  const leader = new ScriptedLeader({ "Eval.Reap": {}, "Job.BatchDeregister": {}, "Node.Deregister": {} });
  const view = over({ evaluations: 1, allocations: 1, jobs: 1, nodes: 1 });
  const collected = await reapGarbage(leader, view, "force-gc", context);
  assert.deepEqual(collected, { evaluations: 1, allocations: 1, jobs: 1, nodes: 1 });
  assert.deepEqual(leader.asked, [
    ["Eval.Reap", { Allocs: [id(50_000)], Evals: [id(10_000)] }],
    ["Job.BatchDeregister", { Jobs: [{ ID: id(1), Namespace: "default" }] }],
    ["Node.Deregister", { NodeID: id(1) }],
  ]);
});

test("much garbage is collected in parts, none of them larger than an entry of the log should be", async () => {
  const leader = new ScriptedLeader({ "Eval.Reap": {}, "Job.BatchDeregister": {} });
  await reapGarbage(leader, over({ evaluations: 8000, allocations: 8000, jobs: 600 }), "force-gc", context);
  const sizes = leader.asked.map(([, request]) => {
    const { Allocs = [], Evals = [], Jobs = [] } = request as Record<string, unknown[]>;
    return [Allocs.length, Evals.length, Jobs.length];
  });
  assert.deepEqual(sizes, [
    [7281, 0, 0],
    [719, 6562, 0],
    [0, 1438, 0],
    [0, 0, 500],
    [0, 0, 100],
  ]);
});

test("nodes are collected one by one", async () => {
  const leader = new ScriptedLeader({ "Node.Deregister": {} });
  await reapGarbage(leader, over({ nodes: 2 }), "force-gc", context);
  assert.deepEqual(leader.asked, [
    ["Node.Deregister", { NodeID: id(1) }],
    ["Node.Deregister", { NodeID: id(2) }],
  ]);
});

test("where there is no garbage nothing is asked", async () => {
  const leader = new ScriptedLeader({});
  await reapGarbage(leader, over({}), "force-gc", context);
  assert.deepEqual(leader.asked, []);
});

test("what is left when a call fails is left for the next time", async () => {
  const leader = new ScriptedLeader({ "Eval.Reap": new RpcError("No cluster leader") });
  await assert.rejects(
    reapGarbage(leader, over({ evaluations: 1, jobs: 1 }), "force-gc", context),
    /No cluster leader/,
  );
  assert.equal(leader.asked.length, 1);
});

test("a kind of collection that this program does not know is refused", async () => {
  const leader = new ScriptedLeader({});
  await assert.rejects(reapGarbage(leader, over({}), "volume-gc", context), /unknown collection "volume-gc"/);
});
