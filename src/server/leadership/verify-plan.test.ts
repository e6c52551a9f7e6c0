import assert from "node:assert/strict";
import { test } from "node:test";
import type { Allocation, Node, Plan } from "../../model/index.ts";
import { State, type StateView } from "../../state/index.ts";
import { aNode, anAllocation, aPlan, byNode, id } from "../testing/makers.ts";
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
