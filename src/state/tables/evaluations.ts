import type { Evaluation } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";
import { jobKey } from "../view.ts";

/** Needs to look at a job again, by id. */
export const evaluations: TableDeclaration<Evaluation, "job"> = {
  key: (evaluation) => evaluation.ID.toLowerCase(),
  indexes: { job: (evaluation) => jobKey(evaluation.Namespace, evaluation.JobID) },
};
