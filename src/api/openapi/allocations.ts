import { allocation, allocationListStub, evaluation } from "../../model/index.ts";
import { listOf } from "../../wire/index.ts";
import type * as allocationRoutes from "../http/allocations.ts";
import type * as evaluationRoutes from "../http/evaluations.ts";
import type { Descriptions } from "./description.ts";

export const allocations: Descriptions<typeof allocationRoutes> = {
  listAllocations: { summary: "List allocations", takesPrefix: true, answers: listOf(allocationListStub) },
  getAllocation: {
    summary: "Read an allocation",
    details: "With the job that it was placed for.",
    answers: allocation,
  },
};

export const evaluations: Descriptions<typeof evaluationRoutes> = {
  listEvaluations: { summary: "List evaluations", takesPrefix: true, answers: listOf(evaluation) },
  getEvaluation: {
    summary: "Read an evaluation",
    details:
      "Of each group that found no place, `FailedTGAllocs` has what the scheduler saw, and in `Refusals` who refused: one entry for each reason and " +
      "class of nodes.",
    answers: evaluation,
  },
  getEvaluationAllocations: {
    summary: "List the allocations that an evaluation made",
    answers: listOf(allocationListStub),
  },
};
