import { route } from "./route.ts";

export const explainJob = route({
  verbs: ["GET"],
  path: "/v1/job/{JobID}/explain",
  asks: "explainJob",
  tells: "freshness",
  missing: "job not found",
  ask: ({ path }) => ({ JobID: path.JobID }),
  show: ({ reply }) => reply.Explanation ?? undefined,
});

export const explainEvaluation = route({
  verbs: ["GET"],
  path: "/v1/evaluation/{EvalID}/explain",
  asks: "explainEvaluation",
  tells: "freshness",
  missing: "eval not found",
  ask: ({ path }) => ({ EvalID: path.EvalID }),
  show: ({ reply }) => reply.Explanation ?? undefined,
});
