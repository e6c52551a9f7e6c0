import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allocationsFit, type Plan } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { nodeRegister, nodeStatus } from "../../state/index.ts";
import { aNode, anAllocation, aPlan, byNode, id } from "../testing/makers.ts";
import { type TestTenure, testTenure } from "../testing/test-world.ts";
import { PlanApplier } from "./plan-applier.ts";
import { PlanQueue } from "./plan-queue.ts";

const nodes = [1, 2];

const allocations = fc.record({ node: fc.constantFrom(...nodes), number: fc.nat(8) });

/** An allocation's node and size follow from its numbers, since they never change. */
function allocationOn({ node, number }: { readonly node: number; readonly number: number }) {
  const TaskResources = { server: { CPU: 100 * (2 + (number % 4)), MemoryMB: 10, DiskMB: 10 } };
  return anAllocation({ ID: id(1000 * node + number), NodeID: id(node), TaskResources });
}

const plans: fc.Arbitrary<Plan> = fc
  .record({
    placed: fc.array(allocations, { maxLength: 3 }),
    stopped: fc.array(allocations, { maxLength: 3 }),
    AllAtOnce: fc.boolean(),
    Priority: fc.constantFrom(20, 50, 80),
  })
  .map(({ placed, stopped, ...fields }) => {
    const starts = new Map(placed.map((one) => [allocationOn(one).ID, allocationOn(one)]));
    const stops = stopped.map(allocationOn).filter(({ ID }) => !starts.has(ID));
    const NodeUpdate = byNode(stops.map((allocation) => ({ ...allocation, DesiredStatus: "stop" })));
    return aPlan([...starts.values()], { ...fields, NodeUpdate });
  });

/** Plans that come together, and what the log does with the entries they make: it commits or refuses each. */
const rounds = fc.record({
  plans: fc.array(plans, { minLength: 1, maxLength: 5 }),
  fates: fc.array(fc.constantFrom("commit", "commit", "refuse"), { maxLength: 5 }),
  statuses: fc.array(
    fc.record({ node: fc.constantFrom(...nodes), Status: fc.constantFrom("ready", "ready", "down") }),
    {
      maxLength: 1,
    },
  ),
});

async function play(
  { plans, fates, statuses }: typeof rounds extends fc.Arbitrary<infer Round> ? Round : never,
  { log, state }: TestTenure,
  queue: PlanQueue,
): Promise<void> {
  log.hold();
  const asked: Promise<unknown>[] = [
    ...statuses.map(({ node, Status }) => state.propose(nodeStatus, { NodeID: id(node), Status, Evals: [] })),
    ...plans.map((plan) => queue.submit(plan)),
  ];
  const answered = Promise.allSettled(asked);
  await settled();
  for (const fate of fates) {
    if (fate === "commit") log.commit(1);
    else log.refuseNext(new Error("the entry is too large"));
  }
  log.commit();
  await answered;
}

test("no node is ever given more than it has, and every plan is answered, whatever the log takes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rounds, { maxLength: 12, size: "max" }), async (played) => {
      const tenure = testTenure();
      const { state } = tenure;
      const queue = new PlanQueue(tenure.signal);
      for (const node of nodes) await state.propose(nodeRegister, { Node: aNode({ ID: id(node) }), Evals: [] });
      const running = new PlanApplier(tenure, queue, () => 0).run();
      const tooFull: string[] = [];
      state.observe(({ index }) => {
        for (const node of state.view().nodes.all()) {
          const fit = allocationsFit(node, [...state.view().allocations.by("node", node.ID)]);
          if (!fit.fits) tooFull.push(`${node.ID} at ${index}: ${fit.dimension}`);
        }
      });
      for (const round of played) await play(round, tenure, queue);
      tenure.end();
      await running;
      assert.deepEqual(tooFull, []);
    }),
    { numRuns: 40 },
  );
});
