import type { Evaluation } from "../../model/index.ts";
import type { CommandContext } from "../command.ts";
import { jobKey, type Transaction } from "../view.ts";
import { countQueued } from "./job-summary.ts";

/**
 * Stores evaluations, new or changed, and takes over what they say of queued allocations. Returns the keys of
 * their jobs, whose statuses are now to be settled.
 */
export function storeEvaluations(
  write: Transaction,
  evaluations: readonly Evaluation[],
  { at }: CommandContext,
): string[] {
  for (const evaluation of evaluations) {
    const before = write.evaluations.get(evaluation.ID.toLowerCase());
    write.put("evaluations", {
      ...evaluation,
      CreateIndex: before?.CreateIndex ?? write.index,
      ModifyIndex: write.index,
      CreateTime: before?.CreateTime ?? (evaluation.CreateTime || at),
      ModifyTime: at,
    });
    countQueued(write, evaluation);
  }
  return evaluations.map((evaluation) => jobKey(evaluation.Namespace, evaluation.JobID));
}
