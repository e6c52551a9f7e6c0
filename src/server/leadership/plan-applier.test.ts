import assert from "node:assert/strict";
import { test } from "node:test";
import { type Allocation, evicted, type Plan, type PlanResult } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { jobRegister, nodeRegister, nodeStatus } from "../../state/index.ts";
import { aJob, aNode, anAllocation, aPlan, byNode, id } from "../testing/makers.ts";
import { stateOf, testTenure } from "../testing/test-world.ts";
import { BrokerRefused } from "./evaluation-broker.ts";
import { PlanApplier } from "./plan-applier.ts";
import { PlanQueue } from "./plan-queue.ts";

/** A leader with one node, on which ten allocations of the size of `anAllocation` fit. */
async function applierWithNode() {
  const tenure = testTenure();
  const queue = new PlanQueue(tenure.signal);
  const outstanding = new Map([[id(100), "token"]]);
  const applier = new PlanApplier(tenure, queue, (evaluationID, token) => {
    if (outstanding.get(evaluationID) !== token) throw new BrokerRefused("evaluation token does not match");
    return mustHaveSeen.index;
  });
  const mustHaveSeen = { index: 0 };
  await tenure.state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  const running = applier.run();
  return { tenure, queue, running, log: tenure.log, outstanding, mustHaveSeen };
}

const some = (count: number, from: number): Allocation[] =>
  Array.from({ length: count }, (_, n) => anAllocation({ ID: id(from + n) }));
const placedBy = ({ NodeAllocation }: PlanResult) => Object.values(NodeAllocation).flat().length;

test("a plan that fits becomes a fact, and its worker is told where it stands in the log", async () => {
  const { queue, tenure } = await applierWithNode();
  const result = await queue.submit(aPlan(some(2, 300)));
  assert.deepEqual([placedBy(result), result.AllocIndex, result.RefreshIndex], [2, 2, 0]);
  assert.equal(tenure.state.view().allocations.size, 2);
});

test("a plan that has not seen what was planned for its job meanwhile is refused whole: it would place the same twice", async () => {
  const { queue, tenure, mustHaveSeen } = await applierWithNode();
  mustHaveSeen.index = 5;
  const refused = await queue.submit(aPlan(some(2, 300), { SnapshotIndex: 4 }));
  assert.deepEqual([placedBy(refused), refused.RefreshIndex > 0, tenure.state.view().allocations.size], [0, true, 0]);
  assert.equal(placedBy(await queue.submit(aPlan(some(2, 300), { SnapshotIndex: 5 }))), 2);
});

test("plans that wait together are each verified as if those before were committed, and logged in one go", async () => {
  const { queue, log, tenure } = await applierWithNode();
  log.hold();
  const results = [300, 400, 500].map((from) => queue.submit(aPlan(some(4, from))));
  await settled();
  assert.equal(log.open, 2);
  log.commit();
  const [first, second, third] = await Promise.all(results);
  assert.deepEqual(
    [first, second, third].map((result) => result && placedBy(result)),
    [4, 4, 0],
  );
  assert.deepEqual([first?.AllocIndex, second?.AllocIndex, third?.AllocIndex], [2, 3, 0]);
  assert.equal(tenure.state.view().allocations.size, 8);
});

test("room that is freed by a plan is another's only once that plan is committed", async () => {
  const { queue, log } = await applierWithNode();
  const full = some(10, 300);
  await queue.submit(aPlan(full));
  log.hold();
  const stops = aPlan([], { NodeUpdate: byNode(full.map((one) => ({ ...one, DesiredStatus: "stop" }))) });
  const [freed, early] = [queue.submit(stops), queue.submit(aPlan(some(2, 400)))];
  await settled();
  log.commit();
  await freed;
  assert.equal(placedBy(await early), 0);
  assert.equal(placedBy(await queue.submit(aPlan(some(2, 400)))), 2);
});

test("when the log takes only some of the plans that were verified together, no harm is done", async () => {
  const { queue, log, tenure } = await applierWithNode();
  log.hold();
  const plans = [300, 400, 500].map((from) => queue.submit(aPlan(some(3, from))));
  await settled();
  log.refuseNext(new Error("the entry is too large"));
  log.commit();
  const settledPlans = await Promise.allSettled(plans);
  assert.deepEqual(
    settledPlans.map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled"],
  );
  assert.equal(tenure.state.view().allocations.size, 6);
});

test("who is refused looks again at a state that holds what stood in the way", async () => {
  const { queue, log } = await applierWithNode();
  log.hold();
  const [taken, refused] = [queue.submit(aPlan(some(8, 300))), queue.submit(aPlan(some(8, 400)))];
  assert.equal(await stateOf(refused), "waits");
  log.commit();
  assert.equal((await refused).RefreshIndex, (await taken).AllocIndex);
});

test("a part that fits is committed, and the worker is told to look again for the rest", async () => {
  const { queue, tenure } = await applierWithNode();
  const result = await queue.submit(aPlan([...some(1, 300), anAllocation({ ID: id(400), NodeID: id(2) })]));
  const counted = [...tenure.runtime.tally].filter(([name]) => name.startsWith("nomad.plan.node_rejected"));
  assert.deepEqual(counted, [[`nomad.plan.node_rejected node_id=${id(2)}`, 1]], "its node is counted");
  assert.equal(placedBy(result), 1);
  assert.ok(result.AllocIndex > 0 && result.RefreshIndex >= result.AllocIndex, JSON.stringify(result));
});

test("a plan of which nothing is left costs no entry of the log", async () => {
  const { queue, log } = await applierWithNode();
  const entries = log.applied.length;
  const empty = await queue.submit(aPlan([]));
  assert.deepEqual([empty.AllocIndex, empty.RefreshIndex], [0, 0]);
  const misfit = await queue.submit(aPlan([anAllocation({ NodeID: id(2) })]));
  assert.deepEqual([misfit.AllocIndex, misfit.RefreshIndex], [0, 1]);
  assert.equal(log.applied.length, entries);
});

test("a plan whose evaluation is another worker's by now is refused", async () => {
  const { queue, tenure } = await applierWithNode();
  await assert.rejects(queue.submit(aPlan(some(1, 300), { EvalToken: "old" })), /evaluation token does not match/);
  await assert.rejects(queue.submit(aPlan(some(1, 300), { EvalID: id(101) })), /evaluation token does not match/);
  assert.equal(tenure.state.view().allocations.size, 0);
});

test("a plan that cannot be judged ends neither the others nor the duty", async () => {
  const { queue } = await applierWithNode();
  const senseless = aPlan(some(1, 300), { NodeAllocation: {} });
  const broken = queue.submit({ ...senseless, NodeAllocation: { [id(1)]: 7 } } as unknown as Plan);
  const sound = queue.submit(aPlan(some(1, 300)));
  await assert.rejects(broken, TypeError);
  assert.equal(placedBy(await sound), 1);
});

test("when a node was lost while allocations were on their way to it, the worker looks again", async () => {
  const { queue, log, tenure } = await applierWithNode();
  log.hold();
  const lost = tenure.state.propose(nodeStatus, { NodeID: id(1), Status: "down", Evals: [] });
  const result = queue.submit(aPlan(some(1, 300)));
  await settled();
  log.commit();
  const { index } = await lost;
  const { AllocIndex, RefreshIndex } = await result;
  assert.ok(AllocIndex > index && RefreshIndex >= AllocIndex, `${AllocIndex} ${RefreshIndex}`);
});

test("when leadership ends every plan is answered: on its way, waiting, and too late", async () => {
  const { queue, log, tenure, running } = await applierWithNode();
  log.hold();
  const onItsWay = queue.submit(aPlan(some(1, 300)));
  await settled();
  const waiting = queue.submit(aPlan(some(1, 400)));
  tenure.end(new Error("No cluster leader"));
  await assert.rejects(waiting, /No cluster leader/);
  await assert.rejects(queue.submit(aPlan(some(1, 500))), /No cluster leader/);
  log.lose(new Error("leadership was lost"));
  await assert.rejects(onItsWay, /leadership was lost/);
  await running;
});

test("plans that the log does not take fail, and the next are verified without them", async () => {
  const { queue, log, tenure } = await applierWithNode();
  log.refusal = new Error("too many wait already");
  const [one, other] = [queue.submit(aPlan(some(8, 300))), queue.submit(aPlan(some(2, 400)))];
  await assert.rejects(one, /too many/);
  await assert.rejects(other, /too many/);
  log.refusal = undefined;
  assert.equal(placedBy(await queue.submit(aPlan(some(9, 500)))), 9);
  assert.equal(tenure.state.view().allocations.size, 9);
});

const vip = aJob({ ID: "vip", Priority: 80 });
/** A plan that evicts `victims` for an allocation of their size. */
const evicting = (victims: readonly Allocation[], from: number): Plan => {
  const newcomer = anAllocation({ ID: id(from), PreemptedAllocations: victims.map(({ ID }) => ID) }, vip);
  return aPlan([newcomer], { NodePreemptions: byNode(victims.map((victim) => evicted(victim, newcomer.ID))) });
};

test("what makes room is evicted, and each job that loses something is looked at again, by the same entry of the log", async () => {
  const { queue, log, tenure } = await applierWithNode();
  const other = aJob({ ID: "other", Type: "batch", Priority: 20 });
  await tenure.state.propose(jobRegister, { Job: other, Eval: null });
  const [one, two] = some(10, 300);
  const ofOther = anAllocation({ ID: id(309) }, other);
  await queue.submit(aPlan(some(9, 300)));
  await queue.submit(aPlan([ofOther], { Job: other }));
  const entries = log.applied.length;
  const result = await queue.submit(evicting([one, two, ofOther] as Allocation[], 400));
  assert.deepEqual([placedBy(result), result.RefreshIndex, log.applied.length], [1, 0, entries + 1]);
  const view = tenure.state.view();
  for (const ID of [id(300), id(301), id(309)]) {
    const stored = view.allocations.get(ID);
    assert.deepEqual([stored?.DesiredStatus, stored?.PreemptedByAllocation], ["evict", id(400)]);
  }
  const follows = [...view.evaluations.all()].map((each) => [
    each.JobID,
    each.Type,
    each.Priority,
    each.TriggeredBy,
    each.Status,
    each.CreateIndex,
  ]);
  assert.deepEqual(follows.sort(), [
    ["other", "batch", 20, "preemption", "pending", result.AllocIndex],
    ["web", "service", 50, "preemption", "pending", result.AllocIndex],
  ]);
});

test("a later part of a large plan evicts as the first does, though it does not say again for which job", async () => {
  const { queue } = await applierWithNode();
  const full = some(10, 300);
  await queue.submit(aPlan(full));
  await queue.submit(evicting(full.slice(0, 1), 400));
  const later = { ...evicting(full.slice(1, 2), 401), Job: null };
  assert.equal(placedBy(await queue.submit(later, id(400))), 1);
});

test("of two plans that would evict the same, on their way together, the later one is refused and looks again", async () => {
  const { queue, log, tenure } = await applierWithNode();
  const full = some(10, 300);
  await queue.submit(aPlan(full));
  log.hold();
  const plans = [400, 401].map((from) => queue.submit(evicting(full.slice(0, 1), from)));
  const update = queue.submit(aPlan(full.slice(0, 1)));
  await settled();
  log.commit();
  const [first, second] = await Promise.all(plans);
  assert.deepEqual([placedBy(first as PlanResult), placedBy(second as PlanResult), placedBy(await update)], [1, 0, 0]);
  assert.equal(second?.RefreshIndex, first?.AllocIndex);
  assert.equal(tenure.state.view().allocations.get(id(300))?.PreemptedByAllocation, id(400));
  assert.equal(tenure.state.view().evaluations.size, 1);
});

test("a plan that stops nothing for others draws no chance and stands in the log as it always did", async () => {
  const { queue, tenure } = await applierWithNode();
  const drawn = tenure.runtime.random.uuid();
  const other = await applierWithNode();
  await other.queue.submit(aPlan(some(2, 300)));
  assert.equal(other.tenure.runtime.random.uuid(), drawn);
  await queue.submit(aPlan(some(2, 300)));
});
