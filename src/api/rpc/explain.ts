import { explanation } from "../../model/index.ts";
import { optional, struct, text } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

const reply = struct({ Explanation: optional(explanation) });

/** Why something of a job does not run, and what would help. None if there is no such job. */
export const explainJob = rpcMethod({
  name: "Job.Explain",
  request: struct({ JobID: text }),
  reply,
  answeredBy: "leader",
  access: "read",
  staleNeedsNoLeader: true,
});

/** The same of the job of an evaluation, with what the evaluation saw. None if there is no such evaluation. */
export const explainEvaluation = rpcMethod({
  name: "Eval.Explain",
  request: struct({ EvalID: text }),
  reply,
  answeredBy: "leader",
  access: "read",
  staleNeedsNoLeader: true,
});
