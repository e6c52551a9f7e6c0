import { parseGoTime } from "../wire/index.ts";
import { type Allocation, isClientTerminal, isServerTerminal } from "./allocation.ts";
import type { DrainStrategy, Node } from "./node.ts";

/** True if a node is being emptied of the allocations of jobs of this type: a drain may leave system jobs alone. */
export function drainsJobsOf(node: Pick<Node, "Drain" | "DrainStrategy">, jobType: string | undefined): boolean {
  return node.Drain && !(jobType === "system" && node.DrainStrategy?.IgnoreSystemJobs === true);
}

/**
 * True if a drain ends by itself when it is over. One that does not say when it began goes on until somebody ends it, as
 * in Nomad 0.4.1.
 */
export function endsByItself(strategy: DrainStrategy | null): strategy is DrainStrategy & { StartedAt: string } {
  return strategy !== null && strategy.StartedAt !== null;
}

/**
 * True if nothing that a draining node is to lose is left on it. From `drainDeadline` on nobody waits for what was told
 * to stop. `at` in nanoseconds since the epoch.
 */
export function isDrainOver(node: Node, allocations: Iterable<Allocation>, at: number): boolean {
  const { DrainStrategy } = node;
  if (!endsByItself(DrainStrategy)) return false;
  const deadline = drainDeadline(DrainStrategy);
  const isLate = deadline !== undefined && deadline <= at;
  for (const allocation of allocations) {
    if (isClientTerminal(allocation) || (isLate && isServerTerminal(allocation))) continue;
    if (drainsJobsOf(node, allocation.Job?.Type)) return false;
  }
  return true;
}

/** When patience ends, in nanoseconds since the epoch: before all time for a drain that is forced, and never without a deadline. */
export function drainDeadline({ Deadline, ForceDeadline }: DrainStrategy): number | undefined {
  if (Deadline < 0) return Number.NEGATIVE_INFINITY;
  return Deadline === 0 || ForceDeadline === null ? undefined : parseGoTime(ForceDeadline);
}
