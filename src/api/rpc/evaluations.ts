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

const delivered = struct({ EvalID: text, Token: text, WaitIndex: whole, Eval: optional(evaluation) });

/**
 * A worker asks for work: for up to `Most` evaluations, as many as are ready. None within `Timeout` nanoseconds
 * answers with none. Each is to be looked at on a state of its `WaitIndex` or newer, which holds the evaluation itself;
 * `Eval` is told of the servers' own housekeeping alone, which no state knows of.
 */
export const dequeueEvaluations = rpcMethod({
  name: "Eval.Dequeue",
  request: struct({ Schedulers: listOf(text), Timeout: nanosecondCount, Most: whole }),
  reply: struct({ Delivered: listOf(delivered) }),
  answeredBy: "leader",
  access: "write",
});

/**
 * A worker is done with evaluations: `Evals` is what became of each, and what follows from it. All of them are stored at
 * once, and then each is acknowledged; those that are no longer this worker's come back with the reason.
 */
export const finishEvaluations = rpcMethod({
  name: "Eval.Finish",
  request: struct({ Finished: listOf(struct({ EvalID: text, Token: text, Evals: listOf(evaluation) })) }),
  reply: struct({ Refused: listOf(struct({ EvalID: text, Reason: text })) }),
  answeredBy: "leader",
  access: "write",
});

/** A worker gives an evaluation back, to be delivered again. */
export const refuseEvaluation = rpcMethod({
  name: "Eval.Nack",
  request: struct({ EvalID: text, Token: text }),
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
  /** A later part of a plan may leave out the job, which is that of an allocation that an earlier part has placed. */
  request: struct({ Plan: optional(plan), JobOf: text }),
  reply: struct({ Result: optional(planResult) }),
  answeredBy: "leader",
  access: "write",
});
