import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dictionary } from "../base/index.ts";
import { allocationsClientUpdate, evaluationsDelete, jobRegister, planResults } from "../state/index.ts";
import { decodeMsgpack, encodeMsgpack } from "../wire/index.ts";
import { type Assigned, AssignedAllocations } from "./assigned-allocations.ts";
import type { ReplicatedState } from "./replicated-state.ts";
import { aJob, anAllocation, byNode, id } from "./testing/makers.ts";
import { TestLog } from "./testing/test-log.ts";
import { testRuntime, testTenure } from "./testing/test-world.ts";

const job = aJob();
const nodes = [1, 2].map(id);
/** Number and node of an allocation. */
const numbered = fc.nat(5).map((number) => ({ ID: id(200 + number), NodeID: nodes[number % 2] as string }));
const kinds = fc.constantFrom("place", "place", "stop", "report", "collect", "ask");

async function step(state: ReplicatedState, kind: string, fields: { readonly ID: string }): Promise<void> {
  const planned = (DesiredStatus: string) => byNode([anAllocation({ ...fields, DesiredStatus }, job)]);
  const nothing = { Job: job, EvalID: id(100), NodeUpdate: {}, NodeAllocation: {} };
  if (kind === "place") await state.propose(planResults, { ...nothing, NodeAllocation: planned("run") });
  if (kind === "stop") await state.propose(planResults, { ...nothing, NodeUpdate: planned("stop") });
  if (kind === "report") {
    const said = anAllocation({ ...fields, ClientStatus: "running" }, job);
    await state.propose(allocationsClientUpdate, { Allocs: [said], Evals: [] });
  }
  if (kind === "collect") await state.propose(evaluationsDelete, { Evals: [], Allocs: [fields.ID] });
}

function told({ pairs, newest }: Assigned) {
  return { pairs: decodeMsgpack(encodeMsgpack(pairs)), newest };
}

function inState(state: ReplicatedState, node: string) {
  const found = state.view().allocations.assignedTo(node);
  return {
    pairs: dictionary(found.map(({ ID, AllocModifyIndex }) => [ID, AllocModifyIndex] as const)),
    newest: found.reduce((newest, { AllocModifyIndex }) => Math.max(newest, AllocModifyIndex), 0),
  };
}

test("what is kept of each node's allocations is what the state has, whatever becomes of them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(kinds, numbered), { maxLength: 30 }), async (steps) => {
      const { state } = testTenure();
      const assigned = new AssignedAllocations(state);
      await state.propose(jobRegister, { Job: job, Eval: null });
      for (const [kind, fields] of steps) {
        await step(state, kind, fields);
        const asked = kind === "ask" ? nodes : [fields.NodeID];
        for (const node of asked) assert.deepEqual(told(assigned.of(node, state.view())), inState(state, node));
      }
      for (const node of nodes) assert.deepEqual(told(assigned.of(node, state.view())), inState(state, node));
    }),
  );
});

test("of a state that has taken the place of another, nothing is known from before", async () => {
  const { state } = new TestLog(testRuntime().clock);
  const assigned = new AssignedAllocations(state);
  await state.propose(jobRegister, { Job: job, Eval: null });
  await step(state, "place", { ID: id(200) });
  const node = nodes[0] as string;
  assert.equal(assigned.of(node, state.view()).pairs.count, 1);
  const other = new TestLog(testRuntime().clock).state;
  await other.propose(jobRegister, { Job: job, Eval: null });
  await state.restore(other.snapshot());
  assert.deepEqual(told(assigned.of(node, state.view())), inState(state, node));
  assert.equal(assigned.of(node, state.view()).pairs.count, 0);
});
