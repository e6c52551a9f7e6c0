import assert from "node:assert";
import { test } from "node:test";
import type { Allocation, PlanResult } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { nodeRegister } from "../../state/index.ts";
import { aJob, aNode, anAllocation, aPlan, byNode, id } from "../testing/makers.ts";
import { testTenure } from "../testing/test-world.ts";
import { PlanApplier } from "./plan-applier.ts";
import { mostInEntry, partsOf } from "./plan-parts.ts";
import { PlanQueue } from "./plan-queue.ts";

const nodes = 300;
const web = aJob();

/** Allocations of `web`, ten on each node until there are so many; a node has room for ten. */
function many(count: number, from: number): Allocation[] {
  return Array.from({ length: count }, (_, at) =>
    anAllocation({ ID: id(from + at), NodeID: id(1 + Math.floor(at / 10)), Job: web }),
  );
}

/** A leader with nodes. A plan must have seen all that was planned for its evaluation, as the queue of those says. */
async function applierWithNodes() {
  const tenure = testTenure();
  const queue = new PlanQueue(tenure.signal);
  const applier = new PlanApplier(tenure, queue, (evaluationID) => {
    const planned = [...tenure.state.view().allocations.all()].filter(({ EvalID }) => EvalID === evaluationID);
    return planned.reduce((latest, { ModifyIndex }) => Math.max(latest, ModifyIndex), 0);
  });
  for (let node = 1; node <= nodes; node++) {
    await tenure.state.propose(nodeRegister, { Node: { ...aNode(), ID: id(node) }, Evals: [] });
  }
  const running = applier.run();
  return { tenure, queue, running, log: tenure.log };
}

const placedBy = ({ NodeAllocation }: PlanResult) => Object.values(NodeAllocation).flat().length;
const indexes = (allocations: Iterable<Allocation>) => [...new Set([...allocations].map((one) => one.CreateIndex))];

test("a large plan goes into the log in parts, and its worker is told of them as one", async () => {
  const { queue, tenure } = await applierWithNodes();
  const placed = many(2500, 1000).map((one) => ({ ...one, Job: null }));
  const result = await queue.submit(aPlan(placed, { Job: web }));
  assert.deepEqual([placedBy(result), result.RefreshIndex, result.AllocIndex], [2500, 0, nodes + 3]);
  const stored = [...tenure.state.view().allocations.all()];
  assert.deepEqual([stored.length, indexes(stored)], [2500, [nodes + 1, nodes + 2, nodes + 3]]);
  assert.equal(stored[0]?.Job?.ID, "web");
  assert.equal(new Set(stored.map(({ Job }) => Job)).size, 1);
});

test("a small plan waits for a part of a large one, not for all of it", async () => {
  const { queue, tenure } = await applierWithNodes();
  const answered: string[] = [];
  const large = queue.submit(aPlan(many(2500, 1000))).then(() => answered.push("large"));
  const other = anAllocation({ ID: id(9000), NodeID: id(299), EvalID: id(101) });
  const small = queue.submit(aPlan([other], { EvalID: id(101) })).then(() => answered.push("small"));
  await Promise.all([large, small]);
  assert.deepEqual(answered, ["small", "large"]);
  assert.equal(tenure.state.view().allocations.size, 2501);
});

test("what does not fit of one part is refused, and the others are committed", async () => {
  const { queue } = await applierWithNodes();
  await queue.submit(aPlan([anAllocation({ ID: id(9000), NodeID: id(150) })]));
  const result = await queue.submit(aPlan(many(2500, 1000), { SnapshotIndex: nodes + 1 }));
  assert.deepEqual([placedBy(result), result.RefreshIndex > 0], [2490, true]);
});

test("when the log stops taking entries the plan fails, and nothing more of it is tried", async () => {
  const { queue, log, tenure } = await applierWithNodes();
  log.hold();
  const result = queue.submit(aPlan(many(2500, 1000)));
  await settled();
  assert.equal(log.open, 1);
  log.lose(new Error("leadership was lost"));
  await assert.rejects(result, /leadership was lost/);
  await settled();
  assert.deepEqual([log.open, tenure.state.view().allocations.size], [0, 0]);
});

test("when leadership ends between two parts the plan is answered", async () => {
  const { queue, log, tenure, running } = await applierWithNodes();
  log.hold();
  const result = queue.submit(aPlan(many(2500, 1000)));
  await settled();
  tenure.end(new Error("No cluster leader"));
  log.commit();
  await assert.rejects(result, /No cluster leader/);
  await running;
});

test("all that a plan changes on a node is in one part, and nothing is left out", () => {
  const placed = many(2500, 1000);
  const stopped = many(2500, 5000).map((one) => ({ ...one, DesiredStatus: "stop" }));
  const plan = aPlan(placed, { NodeUpdate: byNode(stopped) });
  const parts = [...partsOf(plan)];
  assert.equal(parts.length, 5);
  for (const { NodeUpdate, NodeAllocation } of parts)
    assert.deepEqual(Object.keys(NodeUpdate), Object.keys(NodeAllocation));
  const together = (of: "NodeUpdate" | "NodeAllocation") => parts.flatMap((part) => Object.entries(part[of]));
  assert.deepEqual(together("NodeUpdate"), Object.entries(plan.NodeUpdate));
  assert.deepEqual(together("NodeAllocation"), Object.entries(plan.NodeAllocation));
});

test("a plan that is to come about whole or not at all is in one part, as is one of no great size", () => {
  const whole = aPlan(many(2500, 1000), { AllAtOnce: true });
  const small = aPlan(many(mostInEntry, 1000));
  assert.deepEqual([[...partsOf(whole)], [...partsOf(small)]], [[whole], [small]]);
});
