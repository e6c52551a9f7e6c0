import assert from "node:assert/strict";
import { test } from "node:test";
import { type Allocation, evicted, type Node, type Plan } from "../../model/index.ts";
import { State, type StateView } from "../../state/index.ts";
import { aJob, aNode, anAllocation, aPlan, byNode, id } from "../testing/makers.ts";
import { verifyPlan } from "./verify-plan.ts";

function view({ nodes = [aNode()], allocations = [] }: { nodes?: Node[]; allocations?: Allocation[] } = {}): StateView {
  return new State().view().assuming((write) => {
    for (const node of nodes) write.put("nodes", node);
    for (const allocation of allocations) write.put("allocations", allocation);
  });
}

/** Ids of what was accepted, and whether anything was not. */
function verdict(state: StateView, plan: Plan) {
  const { NodeUpdate, NodeAllocation, refused } = verifyPlan(state, plan);
  const ids = (lists: object) =>
    Object.values(lists)
      .flat()
      .map((allocation: Allocation) => allocation.ID);
  return { stopped: ids(NodeUpdate), placed: ids(NodeAllocation), refused };
}

const big = { TaskResources: { server: { CPU: 600, MemoryMB: 100, DiskMB: 100 } } };
const first = anAllocation({ ID: id(201), ClientStatus: "running", ...big });
const second = anAllocation({ ID: id(202), ...big });

test("what fits is accepted", () => {
  assert.deepEqual(verdict(view(), aPlan([second])), { stopped: [], placed: [id(202)], refused: false });
});

test("what does not fit beside that which runs is refused", () => {
  assert.deepEqual(verdict(view({ allocations: [first] }), aPlan([second])), {
    stopped: [],
    placed: [],
    refused: true,
  });
});

test("the room of what is over, or is stopped by the same plan, is free", () => {
  const done = { ...first, ClientStatus: "complete" };
  assert.deepEqual(verdict(view({ allocations: [done] }), aPlan([second])).placed, [id(202)]);
  const swap = aPlan([second], { NodeUpdate: byNode([{ ...first, DesiredStatus: "stop" }]) });
  assert.deepEqual(verdict(view({ allocations: [first] }), swap), {
    stopped: [id(201)],
    placed: [id(202)],
    refused: false,
  });
});

test("an update in place is not counted twice", () => {
  assert.deepEqual(verdict(view({ allocations: [first] }), aPlan([first])).refused, false);
});

test("a node that is gone, down, not ready or draining takes nothing", () => {
  const unfit = [[], [aNode({ Status: "down" })], [aNode({ Status: "initializing" })], [aNode({ Drain: true })]];
  for (const nodes of unfit) assert.deepEqual(verdict(view({ nodes }), aPlan([second])).refused, true);
});

test("a node that takes no new work keeps what it has up to date", () => {
  const state = view({ nodes: [aNode({ SchedulingEligibility: "ineligible" })], allocations: [first] });
  assert.deepEqual(verdict(state, aPlan([first])), { stopped: [], placed: [id(201)], refused: false });
  assert.deepEqual(verdict(state, aPlan([anAllocation()])), { stopped: [], placed: [], refused: true });
});

test("system jobs that a drain leaves alone are kept up to date on its node, and others are not", () => {
  const strategy = { Deadline: 0, IgnoreSystemJobs: true, StartedAt: "2026-01-01T00:00:00Z" };
  const nodes = [aNode({ Drain: true, DrainStrategy: strategy, SchedulingEligibility: "ineligible" })];
  const system = { ...first, Job: aJob({ Type: "system" }) };
  assert.equal(verdict(view({ nodes, allocations: [system] }), aPlan([system])).refused, false);
  assert.equal(verdict(view({ nodes, allocations: [first] }), aPlan([first])).refused, true);
});

test("to stop is possible on any node, also on one that is gone", () => {
  const plan = aPlan([], { NodeUpdate: byNode([{ ...first, DesiredStatus: "stop" }]) });
  assert.deepEqual(verdict(view({ nodes: [] }), plan), { stopped: [id(201)], placed: [], refused: false });
});

test("of a plan that fits on one node only, that node's part is accepted", () => {
  const elsewhere = anAllocation({ ID: id(203), NodeID: id(2) });
  const plan = aPlan([second, elsewhere], { NodeUpdate: byNode([{ ...first, NodeID: id(2), DesiredStatus: "stop" }]) });
  assert.deepEqual(verdict(view(), plan), { stopped: [], placed: [id(202)], refused: true });
});

test("of a plan that is to be taken all at once nothing is accepted if a part is refused", () => {
  const plan = aPlan([second, anAllocation({ ID: id(203), NodeID: id(2) })], { AllAtOnce: true });
  assert.deepEqual(verdict(view(), plan), { stopped: [], placed: [], refused: true });
});

test("a port is given once", () => {
  const withPort = {
    TaskResources: {
      server: {
        CPU: 10,
        Networks: [{ Device: "eth0", IP: "10.0.0.1", MBits: 1, ReservedPorts: [{ Label: "http", Value: 8080 }] }],
      },
    },
  };
  const holder = anAllocation({ ID: id(201), ClientStatus: "running", ...withPort });
  assert.deepEqual(verdict(view({ allocations: [holder] }), aPlan([anAllocation(withPort)])).refused, true);
});

test("what is wrong with the network of a node keeps those off it who want a part of that, and no others", () => {
  const networkOf = (MBits: number) => ({
    TaskResources: { server: { CPU: 10, Networks: [{ Device: "eth0", IP: "10.0.0.1", MBits }] } },
  });
  const holder = anAllocation({ ID: id(201), ClientStatus: "running", ...networkOf(1_000_000) });
  const state = view({ allocations: [holder] });
  assert.deepEqual(verdict(state, aPlan([anAllocation(networkOf(1))])).refused, true);
  assert.deepEqual(verdict(state, aPlan([second])), { stopped: [], placed: [id(202)], refused: false });
});

test("a port that a node keeps twice over collides with nothing", () => {
  const kept = { Device: "eth0", IP: "10.0.0.1", ReservedPorts: [{ Value: 22 }, { Value: 22 }] };
  const node = aNode({ Reserved: { Networks: [kept] } });
  const placed = (Value: number) => {
    const Networks = [{ Device: "eth0", IP: "10.0.0.1", MBits: 1, ReservedPorts: [{ Label: "p", Value }] }];
    return anAllocation({ TaskResources: { server: { CPU: 10, Networks } } });
  };
  assert.equal(verdict(view({ nodes: [node] }), aPlan([placed(8080)])).refused, false);
  assert.equal(verdict(view({ nodes: [node] }), aPlan([placed(22)])).refused, true);
});

const vip = aJob({ ID: "vip", Priority: 60 });
const newcomer = anAllocation({ ID: id(300), ...big }, vip);
const makingRoom = (victim: Allocation, fields: object = {}) =>
  aPlan([newcomer], { NodePreemptions: byNode([evicted(victim, newcomer.ID)]), ...fields });

test("the room of what the plan evicts is free", () => {
  const state = view({ allocations: [first] });
  assert.deepEqual(verdict(state, makingRoom(first)), { stopped: [], placed: [id(300)], refused: false });
  assert.deepEqual(
    verifyPlan(state, makingRoom(first)).NodePreemptions[id(1)]?.map(({ ID }) => ID),
    [id(201)],
  );
});

test("what a plan evicts must be there as planned: running, of no more importance, and nobody else's to evict", () => {
  const more = { ...first, Job: aJob({ Priority: 51 }) };
  const meanwhile = [
    [],
    [{ ...first, ClientStatus: "complete" }],
    [{ ...first, DesiredStatus: "stop" }],
    [{ ...first, PreemptedByAllocation: id(400) }],
    [{ ...first, NodeID: id(2) }],
    [more],
  ];
  for (const allocations of meanwhile) {
    const { placed, refused } = verdict(view({ allocations }), makingRoom(first));
    assert.deepEqual(
      [placed, refused],
      [[], true],
      JSON.stringify(allocations.map(({ ClientStatus }) => ClientStatus)),
    );
  }
});

test("nothing is evicted for what is not placed on the same node, nor if that is refused", () => {
  const state = view({ nodes: [aNode(), aNode({ ID: id(2) })], allocations: [first] });
  const elsewhere = makingRoom(first, { NodeAllocation: byNode([{ ...newcomer, NodeID: id(2) }]) });
  assert.deepEqual(Object.keys(verifyPlan(state, elsewhere).NodePreemptions), []);
  assert.deepEqual(verdict(state, elsewhere).placed, [id(300)]);
  const tooBig = anAllocation({ ID: id(300), TaskResources: { server: { CPU: 2000 } } }, vip);
  const refused = verifyPlan(state, makingRoom(first, { NodeAllocation: byNode([tooBig]) }));
  assert.deepEqual([Object.keys(refused.NodePreemptions), refused.refused], [[], true]);
});

test("what has made room for another, or is about to, is not updated in place any more", () => {
  for (const state of [evicted(first, id(400)), { ...first, PreemptedByAllocation: id(400) }]) {
    assert.deepEqual(verdict(view({ allocations: [state] }), aPlan([first])).refused, true);
  }
});
