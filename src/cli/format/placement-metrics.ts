import type { AllocMetric } from "../../model/index.ts";
import { goQuote } from "./go-quote.ts";

/** Why a task group could not be placed, one reason a line, each line led by `indent`. With `scores` also the ranking. */
export function placementMetrics(
  metric: AllocMetric,
  { indent, scores = false }: { readonly indent: string; readonly scores?: boolean },
): string {
  const reasons = [
    ...(metric.NodesEvaluated === 0 ? ["No nodes were eligible for evaluation"] : []),
    ...counted(metric.NodesAvailable)
      .filter(([, available]) => available === 0)
      .map(([datacenter]) => `No nodes are available in datacenter ${goQuote(datacenter)}`),
    ...counted(metric.ClassFiltered).map(([name, count]) => `Class ${goQuote(name)} filtered ${count} nodes`),
    ...counted(metric.ConstraintFiltered).map(([name, count]) => `Constraint ${goQuote(name)} filtered ${count} nodes`),
    ...(metric.NodesExhausted > 0 ? [`Resources exhausted on ${metric.NodesExhausted} nodes`] : []),
    ...counted(metric.ClassExhausted).map(([name, count]) => `Class ${goQuote(name)} exhausted on ${count} nodes`),
    ...counted(metric.DimensionExhausted).map(
      ([name, count]) => `Dimension ${goQuote(name)} exhausted on ${count} nodes`,
    ),
    ...(scores ? counted(metric.Scores).map(([name, score]) => `Score ${goQuote(name)} = ${score.toFixed(6)}`) : []),
  ];
  return reasons.map((reason) => `${indent}* ${reason}`).join("\n");
}

/** `Task Group "web" (failed to place 2 allocations):` */
export function failedGroup(group: string, metric: AllocMetric): string {
  const count = metric.CoalescedFailures + 1;
  return `Task Group ${goQuote(group)} (failed to place ${count} allocation${count > 1 ? "s" : ""}):`;
}

/** By name, so that the same answer always prints the same. */
function counted(counts: Readonly<Record<string, number>> | null): readonly (readonly [string, number])[] {
  return Object.keys(counts ?? {})
    .sort()
    .map((name) => [name, counts![name]!] as const);
}
