import type { Evaluation } from "../../model/index.ts";
import { type CommandContext, command, done } from "../command.ts";
import { type AllocationReport, draftOf, packedReport, takeOverTaskStates } from "../kept-allocations.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { settleJobStatuses } from "../rules/job-status.ts";
import { AllocationCounts } from "../rules/job-summary.ts";
import { allocationKey } from "../tables/allocations.ts";
import { jobKey, type Transaction } from "../view.ts";

/** Reports of clients; `Evals` are those that they call for. Of unknown allocations nothing is kept. */
export interface AllocationsClientUpdateRequest {
  readonly Allocs: readonly AllocationReport[];
  readonly Evals: readonly Evaluation[];
}

/** `AllocModifyIndex` stays: it tells the client what the servers changed, and this they did not. */
export const allocationsClientUpdate = command<AllocationsClientUpdateRequest>({
  number: 9,
  name: "allocations client update",
  isKept: true,
  compact({ Allocs, Evals }) {
    return { Allocs: Allocs.map(packedReport), Evals };
  },
  apply(write, { Allocs, Evals }, context) {
    const counts = new AllocationCounts(write);
    const jobs = new Set<string>();
    for (const report of Allocs) {
      const job = storeReport(write, report, counts, context);
      if (job !== undefined) jobs.add(job);
    }
    counts.write();
    for (const called of storeEvaluations(write, Evals, context)) jobs.add(called);
    settleJobStatuses(write, jobs);
    return done;
  },
});

/** Stores a report and returns the key of the allocation's job. */
function storeReport(
  write: Transaction,
  report: AllocationReport,
  counts: AllocationCounts,
  { at }: CommandContext,
): string | undefined {
  const before = write.allocations.get(allocationKey(report.ID));
  if (before === undefined) return undefined;
  const stored = draftOf(before);
  stored.ClientStatus = report.ClientStatus;
  stored.ClientDescription = report.ClientDescription;
  takeOverTaskStates(stored, report);
  stored.DeploymentStatus = report.DeploymentStatus ?? before.DeploymentStatus;
  stored.NetworkStatus = report.NetworkStatus ?? before.NetworkStatus;
  stored.ModifyIndex = write.index;
  stored.ModifyTime = at;
  write.put("allocations", stored);
  counts.count(stored, before);
  return jobKey(stored.Namespace, stored.JobID);
}
