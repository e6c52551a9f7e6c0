import type { AllocationID, EvaluationID } from "../../model/index.ts";
import { command, done } from "../command.ts";
import { settleJobStatuses } from "../rules/job-status.ts";
import { jobKey } from "../view.ts";

/** Evaluations and allocations that nobody needs any more; those that are gone already are passed over. */
export interface EvaluationsDeleteRequest {
  readonly Evals: readonly EvaluationID[];
  readonly Allocs: readonly AllocationID[];
}

export const evaluationsDelete = command<EvaluationsDeleteRequest>({
  number: 7,
  name: "evaluations delete",
  apply(write, { Evals, Allocs }) {
    const jobs = new Set<string>();
    for (const id of Evals) {
      const evaluation = write.evaluations.get(id.toLowerCase());
      if (evaluation !== undefined) jobs.add(jobKey(evaluation.Namespace, evaluation.JobID));
      write.delete("evaluations", id.toLowerCase());
    }
    for (const id of Allocs) {
      const allocation = write.allocations.get(id.toLowerCase());
      if (allocation !== undefined) jobs.add(jobKey(allocation.Namespace, allocation.JobID));
      write.delete("allocations", id.toLowerCase());
    }
    settleJobStatuses(write, jobs, { forgotten: true });
    return done;
  },
});
