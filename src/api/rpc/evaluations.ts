import { allocationListStub, evaluation, plan, planResult } from "../../model/index.ts";
import { listOf, nanosecondCount, optional, struct, text, whole } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

export const getEvaluation = rpcMethod({
  name: "Eval.GetEval",
  request: struct({ EvalID: text }),
  reply: struct({ Eval: optional(evaluation) }),
  answeredBy: "leader",
  access: "read",
});

export const listEvaluations = rpcMethod({
  name: "Eval.List",
  request: struct({}),
  reply: struct({ Evaluations: listOf(evaluation) }),
  answeredBy: "leader",
  access: "read",
});

export const getEvaluationAllocations = rpcMethod({
  name: "Eval.Allocations",
  request: struct({ EvalID: text }),
  reply: struct({ Allocations: listOf(allocationListStub) }),
  answeredBy: "leader",
  access: "read",
});

/**
 * A worker asks for work; no evaluation within `Timeout` nanoseconds answers with none. It is to be looked at on a state of
 * `WaitIndex` or newer; servers of 0.4.1 do not say that, those of 1.x do.
 */
export const dequeueEvaluation = rpcMethod({
  name: "Eval.Dequeue",
  request: struct({ Schedulers: listOf(text), Timeout: nanosecondCount }),
  reply: struct({ Eval: optional(evaluation), Token: text, WaitIndex: whole }),
  answeredBy: "leader",
  access: "write",
});

const outstanding = struct({ EvalID: text, Token: text });

export const acknowledgeEvaluation = rpcMethod({
  name: "Eval.Ack",
  request: outstanding,
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

export const refuseEvaluation = rpcMethod({
  name: "Eval.Nack",
  request: outstanding,
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

/** These three carry exactly one evaluation, and the token of the one being worked on. */
const evaluationWrite = struct({ Evals: listOf(evaluation), EvalToken: text });

export const updateEvaluation = rpcMethod({
  name: "Eval.Update",
  request: evaluationWrite,
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

export const createEvaluation = rpcMethod({
  name: "Eval.Create",
  request: evaluationWrite,
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

export const reblockEvaluation = rpcMethod({
  name: "Eval.Reblock",
  request: evaluationWrite,
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

/** Removes evaluations and allocations that nobody needs any more. */
export const reapEvaluations = rpcMethod({
  name: "Eval.Reap",
  request: struct({ Evals: listOf(text), Allocs: listOf(text) }),
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

export const submitPlan = rpcMethod({
  name: "Plan.Submit",
  request: struct({ Plan: optional(plan) }),
  reply: struct({ Result: optional(planResult) }),
  answeredBy: "leader",
  access: "write",
});
