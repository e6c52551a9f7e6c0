import { dictionary } from "../base/index.ts";
import type { NodeID, Plan, PlanResult } from "../model/index.ts";

/** Allocations of one part, or little more: what takes a server ten or twenty milliseconds to read, to verify and to apply. */
export const mostInPart = 500;

/** What a plan changes, each by node. */
const byNode = ["NodeUpdate", "NodeAllocation", "NodePreemptions"] as const satisfies readonly (keyof Plan)[];

/**
 * A plan in parts of about `mostInPart` allocations, for a large one not to hold up each server's event loop. All that concerns
 * a node is in one part, and so is all of a plan that is to come about whole or not at all.
 */
export function* partsOf(plan: Plan): Iterable<Plan> {
  if (plan.AllAtOnce || countOf(plan, nodesOf(plan)) <= mostInPart) return yield plan;
  let some: NodeID[] = [];
  let count = 0;
  for (const node of nodesOf(plan)) {
    some.push(node);
    count += countOf(plan, [node]);
    if (count < mostInPart) continue;
    yield partOn(plan, some);
    some = [];
    count = 0;
  }
  if (some.length > 0) yield partOn(plan, some);
}

/** How many allocations a plan changes. */
export function sizeOf(plan: Plan): number {
  return countOf(plan, nodesOf(plan));
}

function nodesOf(plan: Plan): readonly NodeID[] {
  return [...new Set(byNode.flatMap((kind) => Object.keys(plan[kind])))];
}

function countOf(plan: Plan, nodes: readonly NodeID[]): number {
  let count = 0;
  for (const node of nodes) for (const kind of byNode) count += plan[kind][node]?.length ?? 0;
  return count;
}

function partOn(plan: Plan, nodes: readonly NodeID[]): Plan {
  const here = (kind: (typeof byNode)[number]) => {
    const changes = plan[kind];
    return dictionary(nodes.flatMap((node) => (changes[node] === undefined ? [] : [[node, changes[node]] as const])));
  };
  return {
    ...plan,
    NodeUpdate: here("NodeUpdate"),
    NodeAllocation: here("NodeAllocation"),
    NodePreemptions: here("NodePreemptions"),
  };
}

/** What came of all parts of a plan. */
export function together(results: readonly PlanResult[]): PlanResult {
  if (results.length === 1) return results[0] as PlanResult;
  return {
    NodeUpdate: dictionary(results.flatMap(({ NodeUpdate }) => Object.entries(NodeUpdate))),
    NodeAllocation: dictionary(results.flatMap(({ NodeAllocation }) => Object.entries(NodeAllocation))),
    RefreshIndex: Math.max(...results.map(({ RefreshIndex }) => RefreshIndex)),
    AllocIndex: Math.max(...results.map(({ AllocIndex }) => AllocIndex)),
  };
}
