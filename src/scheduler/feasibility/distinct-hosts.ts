import { parseGoBoolean } from "../../base/index.ts";
import { type Constraint, distinctHosts, type Job, type TaskGroup } from "../../model/index.ts";
import { ofJob } from "../of-job.ts";
import type { Check, Prospect } from "./prospect.ts";

/**
 * With `distinct_hosts` a node runs one allocation at most: of the job if the job asks for it, of the group if the
 * group does.
 */
export function onDistinctHosts(job: Job, group: TaskGroup): readonly Check<Prospect>[] {
  const forJob = job.Constraints.some(asksForDistinctHosts);
  const forGroup = group.Constraints.some(asksForDistinctHosts);
  if (!forJob && !forGroup) return [];
  const isSibling = ofJob(job);
  return [
    ({ proposed }) => {
      const siblings = proposed.filter(isSibling);
      const isTaken = forJob ? siblings.length > 0 : siblings.some((one) => one.TaskGroup === group.Name);
      return isTaken ? distinctHosts : undefined;
    },
  ];
}

/** One whose value is false asks for nothing. */
function asksForDistinctHosts({ Operand, RTarget }: Constraint): boolean {
  return Operand === distinctHosts && parseGoBoolean(RTarget) !== false;
}
