import type { Evaluation } from "../../model/index.ts";
import { command, done } from "../command.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { settleJobStatuses } from "../rules/job-status.ts";

/** Evaluations that are new, or that were worked on. */
export interface EvaluationsUpdateRequest {
  readonly Evals: readonly Evaluation[];
}

export const evaluationsUpdate = command<EvaluationsUpdateRequest>({
  number: 6,
  name: "evaluations update",
  apply(write, { Evals }, context) {
    settleJobStatuses(write, storeEvaluations(write, Evals, context));
    return done;
  },
});
