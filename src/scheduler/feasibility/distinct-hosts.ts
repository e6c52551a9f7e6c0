import { parseGoBoolean } from "../../base/index.ts";
import { type Constraint, distinctHosts, type Job, type TaskGroup } from "../../model/index.ts";
import type { Check, Prospect } from "./prospect.ts";

/**
 * With `distinct_hosts` a node runs one allocation at most: of the job if the job asks for it, of the group if the
 * group does.
 */
export function onDistinctHosts(job: Job, group: TaskGroup): readonly Check<Prospect>[] {
  const forJob = job.Constraints.some(asksForDistinctHosts);
  const forGroup = group.Constraints.some(asksForDistinctHosts);
  if (!forJob && !forGroup) return [];
  const taker = forJob ? undefined : group.Name;
  return [({ proposed }) => (proposed.siblings(taker) > 0 ? distinctHosts : undefined)];
}

/** One whose value is false asks for nothing. */
function asksForDistinctHosts({ Operand, RTarget }: Constraint): boolean {
  return Operand === distinctHosts && parseGoBoolean(RTarget) !== false;
}
