import assert from "node:assert";
import { test } from "node:test";
import { type Allocation, planResult } from "../model/index.ts";
import { mostInPart, partsOf, together } from "./plan-parts.ts";
import { aJob, anAllocation, aPlan, byNode, id } from "./testing/makers.ts";

const web = aJob();

/** Allocations of `web`, ten on each node. */
function many(count: number, from: number): Allocation[] {
  return Array.from({ length: count }, (_, at) =>
    anAllocation({ ID: id(from + at), NodeID: id(1 + Math.floor(at / 10)), Job: web }),
  );
}

test("all that a plan changes on a node is in one part, and nothing is left out", () => {
  const stopped = many(1500, 5000).map((one) => ({ ...one, DesiredStatus: "stop" }));
  const evicted = many(1000, 8000).map((one) => ({ ...one, DesiredStatus: "evict" }));
  const plan = aPlan(many(2500, 1000), { NodeUpdate: byNode(stopped), NodePreemptions: byNode(evicted) });
  const parts = [...partsOf(plan)];
  assert.equal(parts.length, 10);
  const seen = new Set<string>();
  for (const part of parts) {
    const nodes = new Set(
      [part.NodeUpdate, part.NodeAllocation, part.NodePreemptions].flatMap((byNode) => Object.keys(byNode)),
    );
    assert.ok(![...nodes].some((node) => seen.has(node)));
    for (const node of nodes) seen.add(node);
  }
  for (const kind of ["NodeUpdate", "NodeAllocation", "NodePreemptions"] as const) {
    assert.deepEqual(
      parts.flatMap((part) => Object.entries(part[kind])),
      Object.entries(plan[kind]),
    );
  }
});

test("a plan that is to come about whole or not at all is in one part, as is one of no great size", () => {
  const whole = aPlan(many(2500, 1000), { AllAtOnce: true });
  const small = aPlan(many(mostInPart, 1000));
  assert.deepEqual([[...partsOf(whole)], [...partsOf(small)]], [[whole], [small]]);
});

test("what came of the parts is told as of one plan: all that was committed, and the newest index to look again from", () => {
  const result = (placed: readonly Allocation[], RefreshIndex: number, AllocIndex: number) =>
    planResult.parse({ NodeAllocation: byNode(placed), RefreshIndex, AllocIndex });
  const [first, other] = [anAllocation(), anAllocation({ ID: id(201), NodeID: id(2) })];
  const whole = together([result([first], 0, 7), result([], 9, 0), result([other], 8, 10)]);
  assert.deepEqual(whole, result([first, other], 9, 10));
});
