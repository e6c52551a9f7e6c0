import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allocationsFit, evicted, type Plan } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { nodeRegister, nodeStatus } from "../../state/index.ts";
import { aJob, aNode, anAllocation, aPlan, byNode, id } from "../testing/makers.ts";
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

const low = aJob({ ID: "low", Priority: 20 });
const sized = (CPU: number) => ({ TaskResources: { server: { CPU, MemoryMB: 10, DiskMB: 10 } } });
/** Five of these fill a node. */
const filling = (node: number, number: number) =>
  anAllocation({ ID: id(1000 * node + number), NodeID: id(node), ...sized(200) }, low);

/** Plans that evict for one new allocation what may have room for it, or not, or be gone already. */
const evictions: fc.Arbitrary<Plan> = fc
  .record({
    node: fc.constantFrom(...nodes),
    newcomer: fc.nat(20),
    CPU: fc.integer({ min: 100, max: 500 }),
    victims: fc.subarray([1, 2, 3, 4, 5], { minLength: 1, maxLength: 3 }),
  })
  .map(({ node, newcomer, CPU, victims }) => {
    const placed = anAllocation({ ID: id(5000 + 100 * node + newcomer), NodeID: id(node), ...sized(CPU) });
    const NodePreemptions = byNode(victims.map((number) => evicted(filling(node, number), placed.ID)));
    return aPlan([placed], { NodePreemptions });
  });

test("what is evicted goes with that which comes in its place and with an evaluation of its job, or not at all", async () => {
  let evictedInAll = 0;
  const together = rounds.chain((round) =>
    fc.array(evictions, { minLength: 1, maxLength: 4 }).map((plans) => ({ ...round, plans, statuses: [] })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(together, { minLength: 1, maxLength: 4 }), async (played) => {
      const tenure = testTenure();
      const { state } = tenure;
      const queue = new PlanQueue(tenure.signal);
      for (const node of nodes) await state.propose(nodeRegister, { Node: aNode({ ID: id(node) }), Evals: [] });
      const running = new PlanApplier(tenure, queue, () => 0).run();
      await queue.submit(aPlan(nodes.flatMap((node) => [1, 2, 3, 4, 5].map((number) => filling(node, number)))));
      const wrong: string[] = [];
      state.observe(({ index, changes }) => {
        const view = state.view();
        for (const change of changes) {
          if (change.table !== "allocations" || change.after?.DesiredStatus !== "evict") continue;
          evictedInAll += 1;
          const by = view.allocations.get(change.after.PreemptedByAllocation);
          const again = [...view.evaluations.all()].filter(({ CreateIndex }) => CreateIndex === index);
          if (by?.AllocModifyIndex !== index || again.length !== 1) wrong.push(`${change.key} at ${index}`);
        }
        for (const node of view.nodes.all()) {
          const fit = allocationsFit(node, [...view.allocations.by("node", node.ID)]);
          if (!fit.fits) wrong.push(`${node.ID} at ${index}: ${fit.dimension}`);
        }
      });
      for (const round of played) await play(round, tenure, queue);
      tenure.end();
      await running;
      assert.deepEqual(wrong, []);
    }),
    { numRuns: 40 },
  );
  assert.ok(evictedInAll > 20, `${evictedInAll} were evicted`);
});
