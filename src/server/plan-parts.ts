import { type Dictionary, dictionaryByID } from "../base/index.ts";
import type { NodeID, Plan, PlanResult } from "../model/index.ts";

/** Allocations of one part, or little more: what takes a server ten or twenty milliseconds to read, to verify and to apply. */
export const mostInPart = 500;

type ByNode<Row> = Readonly<Dictionary<readonly Row[]>>;

/** What a plan changes, each by node. */
const byNode = ["NodeUpdate", "NodeAllocation", "NodePreemptions"] as const satisfies readonly (keyof Plan)[];

/**
 * A plan in parts of about `mostInPart` allocations, for a large one not to hold up each server's event loop. All that concerns
 * a node is in one part, and so is all of a plan that is to come about whole or not at all.
 */
export function* partsOf(plan: Plan): Iterable<Plan> {
  if (plan.AllAtOnce || sizeOf(plan) <= mostInPart) return yield plan;
  let some: NodeID[] = [];
  let count = 0;
  for (const node of nodesOf(plan)) {
    some.push(node);
    for (const kind of byNode) count += plan[kind][node]?.length ?? 0;
    if (count < mostInPart) continue;
    yield { ...plan, ...changesOn(plan, some) };
    some = [];
    count = 0;
  }
  if (some.length > 0) yield { ...plan, ...changesOn(plan, some) };
}

/** How many allocations a plan, or what is left of it, changes. */
export function sizeOf(plan: Pick<Plan, (typeof byNode)[number]>): number {
  let size = 0;
  for (const kind of byNode) for (const allocations of Object.values(plan[kind])) size += allocations.length;
  return size;
}

/** The nodes on which a plan changes anything. */
export function nodesOf(plan: Plan): readonly NodeID[] {
  return [...new Set(byNode.flatMap((kind) => Object.keys(plan[kind])))];
}

/** What concerns these nodes of what a plan changes. */
export function changesOn(
  { NodeUpdate, NodeAllocation, NodePreemptions }: Plan,
  nodes: readonly NodeID[],
): Pick<Plan, (typeof byNode)[number]> {
  return {
    NodeUpdate: pickedFrom(NodeUpdate, nodes),
    NodeAllocation: pickedFrom(NodeAllocation, nodes),
    NodePreemptions: pickedFrom(NodePreemptions, nodes),
  };
}

function pickedFrom<Row>(rows: ByNode<Row>, nodes: readonly NodeID[]): ByNode<Row> {
  const picked: Dictionary<readonly Row[]> = dictionaryByID();
  for (const node of nodes) {
    const here = rows[node];
    if (here !== undefined && here.length > 0) picked[node] = here;
  }
  return picked;
}

/** What came of all parts of a plan. */
export function together(results: readonly PlanResult[]): PlanResult {
  if (results.length === 1) return results[0] as PlanResult;
  return {
    NodeUpdate: joined(results.map(({ NodeUpdate }) => NodeUpdate)),
    NodeAllocation: joined(results.map(({ NodeAllocation }) => NodeAllocation)),
    RefreshIndex: Math.max(...results.map(({ RefreshIndex }) => RefreshIndex)),
    AllocIndex: Math.max(...results.map(({ AllocIndex }) => AllocIndex)),
  };
}

function joined<Row>(parts: readonly ByNode<Row>[]): ByNode<Row> {
  const whole: Dictionary<readonly Row[]> = dictionaryByID();
  for (const part of parts) for (const node of Object.keys(part)) whole[node] = part[node] as readonly Row[];
  return whole;
}
