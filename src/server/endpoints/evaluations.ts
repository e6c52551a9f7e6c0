import {
  acknowledgeEvaluation,
  createEvaluation,
  dequeueEvaluation,
  getEvaluation,
  getEvaluationAllocations,
  listEvaluations,
  RpcError,
  reapEvaluations,
  reblockEvaluation,
  refuseEvaluation,
  submitPlan,
  updateEvaluation,
} from "../../api/index.ts";
import { type Duration, seconds } from "../../base/index.ts";
import { allocationStubOf, type Evaluation } from "../../model/index.ts";
import { evaluationsDelete, evaluationsUpdate } from "../../state/index.ts";
import { type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { fullID, idPrefix } from "./lookup.ts";

/** How long a worker waits that does not say. */
const defaultTimeout = seconds(1);

/** What users ask about evaluations, and what workers do with them. */
export function evaluationEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state, leadership } = context;
  const write = async (Evals: readonly Evaluation[]) => {
    const { index } = await state.propose(evaluationsUpdate, { Evals: [...Evals] });
    return { reply: {}, index };
  };
  return [
    readEndpoint(context, getEvaluation, (view, { request }) => {
      const found = view.evaluations.get(fullID("eval", request.EvalID));
      return { result: { Eval: found ?? null }, index: found?.ModifyIndex ?? view.evaluations.lastIndex };
    }),
    readEndpoint(context, listEvaluations, (view, { options }) => {
      const found = view.evaluations.withPrefix(idPrefix("eval", options.prefix));
      return { result: { Evaluations: [...found] }, index: view.evaluations.lastIndex };
    }),
    readEndpoint(context, getEvaluationAllocations, (view, { request }) => {
      const found = view.allocations.by("evaluation", fullID("eval", request.EvalID));
      return { result: { Allocations: [...found].map(allocationStubOf) }, index: view.allocations.lastIndex };
    }),
    endpoint(dequeueEvaluation, async ({ request, signal }) => {
      if (request.Schedulers.length === 0) throw new RpcError("dequeue requires at least one scheduler type");
      const timeout = request.Timeout > 0 ? (request.Timeout as Duration) : defaultTimeout;
      const { evaluations } = leadership.leader;
      const delivery = await evaluations.dequeue(request.Schedulers, timeout, signal);
      if (delivery === undefined) return { reply: { Eval: null, Token: "", WaitIndex: 0 }, index: 0 };
      const { evaluation: Eval, token: Token } = delivery;
      return { reply: { Eval, Token, WaitIndex: evaluations.waitIndex(Eval) }, index: 0 };
    }),
    endpoint(acknowledgeEvaluation, async ({ request }) => {
      leadership.leader.evaluations.acknowledge(request.EvalID, request.Token);
      return { reply: {}, index: 0 };
    }),
    endpoint(refuseEvaluation, async ({ request }) => {
      leadership.leader.evaluations.refuse(request.EvalID, request.Token);
      return { reply: {}, index: 0 };
    }),
    endpoint(updateEvaluation, async ({ request }) => {
      const evaluation = single(request.Evals, "updated");
      leadership.leader.evaluations.touch(evaluation.ID, request.EvalToken);
      return write([evaluation]);
    }),
    endpoint(createEvaluation, async ({ request }) => {
      const evaluation = single(request.Evals, "created");
      leadership.leader.evaluations.touch(evaluation.PreviousEval, request.EvalToken);
      if (state.view().evaluations.get(evaluation.ID) !== undefined) throw new RpcError("evaluation already exists");
      return write([evaluation]);
    }),
    endpoint(reblockEvaluation, async ({ request }) => {
      const evaluation = single(request.Evals, "reblocked");
      leadership.leader.evaluations.touch(evaluation.ID, request.EvalToken);
      if (state.view().evaluations.get(evaluation.ID)?.Status !== "blocked") {
        throw new RpcError("evaluation is not blocked");
      }
      return write([evaluation]);
    }),
    endpoint(reapEvaluations, async ({ request }) => {
      const { index } = await state.propose(evaluationsDelete, {
        Evals: [...request.Evals],
        Allocs: [...request.Allocs],
      });
      return { reply: {}, index };
    }),
    endpoint(submitPlan, async ({ request: { Plan } }) => {
      if (Plan === null) throw new RpcError("missing plan");
      const { evaluations, plans } = leadership.leader;
      const Result = await evaluations.onBehalfOf(Plan.EvalID, Plan.EvalToken, () => plans.submit(Plan));
      return { reply: { Result }, index: Result.AllocIndex };
    }),
  ];
}

function single(evaluations: readonly Evaluation[], what: string): Evaluation {
  const [only] = evaluations;
  if (only === undefined || evaluations.length > 1) throw new RpcError(`only a single eval can be ${what}`);
  return only;
}
