import { route } from "./route.ts";

const byID = ({ path }: { readonly path: { readonly EvalID: string } }) => ({ EvalID: path.EvalID });

export const listEvaluations = route({
  verbs: ["GET"],
  path: "/v1/evaluations",
  asks: "listEvaluations",
  tells: "freshness",
  ask: () => ({}),
  show: ({ reply }) => reply.Evaluations,
});

export const getEvaluation = route({
  verbs: ["GET"],
  path: "/v1/evaluation/{EvalID}",
  asks: "getEvaluation",
  tells: "freshness",
  missing: "eval not found",
  ask: byID,
  show: ({ reply }) => reply.Eval ?? undefined,
});

export const getEvaluationAllocations = route({
  verbs: ["GET"],
  path: "/v1/evaluation/{EvalID}/allocations",
  asks: "getEvaluationAllocations",
  tells: "freshness",
  ask: byID,
  show: ({ reply }) => reply.Allocations,
});
