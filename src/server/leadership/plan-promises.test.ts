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

const nodes = [1, 2, 3];

const allocations = fc.record({ node: fc.constantFrom(...nodes), number: fc.nat(30) });
/** What a plan places and stops. */
const plans = fc.record({
  placed: fc.array(allocations, { maxLength: 4 }),
  stopped: fc.array(allocations, { maxLength: 2 }),
  AllAtOnce: fc.boolean(),
  Priority: fc.constantFrom(20, 50, 80),
});

type Step =
  | { readonly kind: "submit"; readonly plan: Plan }
  | { readonly kind: "hold" | "commit one" | "refuse one" | "commit all" | "refuse" | "accept" }
  | { readonly kind: "node"; readonly number: number; readonly Status: string };

/** An allocation's node and size follow from its numbers, since they never change. */
function allocationOn({ node, number }: { readonly node: number; readonly number: number }) {
  const TaskResources = { server: { CPU: 100 * (1 + (number % 6)), MemoryMB: 10, DiskMB: 10 } };
  return anAllocation({ ID: id(1000 * node + number), NodeID: id(node), TaskResources });
}

function planOf({ placed, stopped, ...fields }: typeof plans extends fc.Arbitrary<infer Drawn> ? Drawn : never): Plan {
  const starts = new Map(placed.map((one) => [allocationOn(one).ID, allocationOn(one)]));
  const stops = stopped.map(allocationOn).filter(({ ID }) => !starts.has(ID));
  const NodeUpdate = byNode(stops.map((allocation) => ({ ...allocation, DesiredStatus: "stop" })));
  return aPlan([...starts.values()], { ...fields, NodeUpdate });
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: plans.map((drawn): Step => ({ kind: "submit", plan: planOf(drawn) })), weight: 6 },
  fc.constantFrom<Step>(
    { kind: "hold" },
    { kind: "commit one" },
    { kind: "refuse one" },
    { kind: "commit all" },
    { kind: "refuse" },
    { kind: "accept" },
  ),
  fc.record({
    kind: fc.constant("node" as const),
    number: fc.constantFrom(...nodes),
    Status: fc.constantFrom("ready", "down"),
  }),
);

async function take(step: Step, { log, state }: TestTenure, queue: PlanQueue): Promise<readonly Promise<unknown>[]> {
  switch (step.kind) {
    case "submit":
      return [queue.submit(step.plan)];
    case "node":
      return [state.propose(nodeStatus, { NodeID: id(step.number), Status: step.Status, Evals: [] })];
    case "hold":
      log.hold();
      break;
    case "commit one":
      log.commit(1);
      break;
    case "refuse one":
      log.refuseNext(new Error("the entry is too large"));
      break;
    case "commit all":
      log.commit();
      break;
    case "refuse":
      log.refusal = new Error("too many wait already");
      break;
    case "accept":
      log.refusal = undefined;
  }
  return [];
}

test("no node is ever given more than it has, and every plan is answered, whatever the log does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40, size: "max" }), async (taken) => {
      const tenure = testTenure();
      const { log, state } = tenure;
      const queue = new PlanQueue(tenure.signal);
      for (const number of nodes) await state.propose(nodeRegister, { Node: aNode({ ID: id(number) }), Evals: [] });
      const running = new PlanApplier(tenure, queue, () => {}).run();
      const tooFull: string[] = [];
      state.observe(({ index }) => {
        for (const node of state.view().nodes.all()) {
          const fit = allocationsFit(node, [...state.view().allocations.by("node", node.ID)]);
          if (!fit.fits) tooFull.push(`${node.ID} at ${index}: ${fit.dimension}`);
        }
      });
      const asked: Promise<unknown>[] = [];
      for (const [at, step] of taken.entries()) {
        for (const promise of await take(step, tenure, queue)) asked.push(promise.catch(() => undefined));
        if (at % 3 === 0) await settled();
      }
      tenure.end();
      log.refusal = new Error("not the leader");
      log.lose(new Error("leadership was lost"));
      await Promise.all([...asked, running]);
      assert.deepEqual(tooFull, []);
    }),
    { numRuns: 30 },
  );
});
