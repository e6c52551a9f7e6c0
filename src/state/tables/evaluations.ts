import { type Evaluation, isTerminalEvaluation } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";
import { jobKey } from "../view.ts";

/** Needs to look at a job again, by id. `activeJob` is the job of those that are not over. */
export const evaluations: TableDeclaration<Evaluation, "job", "activeJob"> = {
  key: (evaluation) => evaluation.ID.toLowerCase(),
  indexes: { job: (evaluation) => jobKey(evaluation.Namespace, evaluation.JobID) },
  counted: {
    activeJob: (evaluation) =>
      isTerminalEvaluation(evaluation) ? undefined : jobKey(evaluation.Namespace, evaluation.JobID),
  },
};
