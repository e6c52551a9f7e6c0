import type { Random } from "../../base/index.ts";
import { type Evaluation, evaluation } from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import type { Verified } from "./verify-plan.ts";

/** One for each job that loses allocations to a plan: it may have room elsewhere. */
export function preemptionEvaluations(
  view: StateView,
  { NodePreemptions }: Pick<Verified, "NodePreemptions">,
  random: Random,
): readonly Evaluation[] {
  const preempted = Object.values(NodePreemptions).flat();
  const keys = new Set(preempted.map(({ Namespace, JobID }) => jobKey(Namespace, JobID)));
  const stored = preempted.map(({ ID }) => view.allocations.get(ID.toLowerCase()));
  return [...keys].flatMap((key) => {
    const job = view.jobs.get(key) ?? stored.find((one) => one && jobKey(one.Namespace, one.JobID) === key)?.Job;
    if (!job) return [];
    return evaluation.parse({
      ID: random.uuid(),
      Namespace: job.Namespace,
      Priority: job.Priority,
      Type: job.Type,
      TriggeredBy: "preemption",
      JobID: job.ID,
      JobModifyIndex: job.JobModifyIndex,
      Status: "pending",
    });
  });
}
