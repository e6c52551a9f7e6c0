import {
  dequeueEvaluations,
  finishEvaluations,
  getEvaluation,
  getEvaluationAllocations,
  listEvaluations,
  RpcError,
  reapEvaluations,
  refuseEvaluation,
  submitPlan,
} from "../../api/index.ts";
import { type Duration, milliseconds, seconds } from "../../base/index.ts";
import { allocationStubOf, type Evaluation, type EvaluationID } from "../../model/index.ts";
import { evaluationsDelete, evaluationsUpdate, type StateView } from "../../state/index.ts";
import { type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { BrokerRefused } from "../leadership/evaluation-broker.ts";
import { fullID, idPrefix } from "./lookup.ts";

/** How long a worker waits that does not say. */
const defaultTimeout = seconds(1);
/** How long the end of an evaluation waits for other entries to share a write with. */
const soon = { patience: milliseconds(10) };

/** What users ask about evaluations, and what workers do with them. */
export function evaluationEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state, leadership } = context;
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
    endpoint(dequeueEvaluations, async ({ request, signal }) => {
      if (request.Schedulers.length === 0) throw new RpcError("dequeue requires at least one scheduler type");
      const timeout = request.Timeout > 0 ? (request.Timeout as Duration) : defaultTimeout;
      const { evaluations } = leadership.leader;
      const deliveries = await evaluations.dequeueSome(request.Schedulers, { most: request.Most, timeout, signal });
      const Delivered = deliveries.map(({ evaluation, token: Token }) => {
        const WaitIndex = Math.max(evaluation.ModifyIndex, evaluations.waitIndex(evaluation));
        return { EvalID: evaluation.ID, Token, WaitIndex, Eval: evaluation.Type === "_core" ? evaluation : null };
      });
      return { reply: { Delivered }, index: 0 };
    }),
    endpoint(finishEvaluations, async ({ request: { Finished } }) => {
      const { evaluations } = leadership.leader;
      const { accepted, refused } = judged(Finished, ({ EvalID, Token, Evals }) => {
        evaluations.touch(EvalID, Token);
        refuseOutdated(state.view(), EvalID, Evals);
      });
      const Evals = accepted.flatMap((finished) => finished.Evals);
      // Nobody is in a hurry to hear of it: it shares the write of what comes meanwhile.
      const logged = () => state.propose(evaluationsUpdate, { Evals }, soon);
      const { index } = Evals.length === 0 ? { index: 0 } : await evaluations.logging(accepted, logged);
      const { refused: lost } = judged(accepted, ({ EvalID, Token }) => evaluations.acknowledge(EvalID, Token));
      return { reply: { Refused: [...refused, ...lost] }, index };
    }),
    endpoint(refuseEvaluation, async ({ request }) => {
      leadership.leader.evaluations.refuse(request.EvalID, request.Token);
      return { reply: {}, index: 0 };
    }),
    endpoint(reapEvaluations, async ({ request }) => {
      const { index } = await state.propose(evaluationsDelete, {
        Evals: [...request.Evals],
        Allocs: [...request.Allocs],
      });
      return { reply: {}, index };
    }),
    endpoint(submitPlan, async ({ request: { Plan, JobOf } }) => {
      if (Plan === null) throw new RpcError("missing plan");
      const { evaluations, plans } = leadership.leader;
      const of = JobOf === "" ? undefined : state.view().allocations.get(JobOf.toLowerCase());
      if (JobOf !== "" && of === undefined) throw new RpcError("the earlier part of the plan is not known");
      const Result = await evaluations.onBehalfOf(Plan.EvalID, Plan.EvalToken, () => plans.submit(Plan, of?.ID));
      return { reply: { Result }, index: Result.AllocIndex };
    }),
  ];
}

/** Parts what passes `check` from what it throws for. */
function judged<Item extends { readonly EvalID: string }>(items: readonly Item[], check: (item: Item) => void) {
  const accepted: Item[] = [];
  const refused: { readonly EvalID: string; readonly Reason: string }[] = [];
  for (const item of items) {
    try {
      check(item);
      accepted.push(item);
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof BrokerRefused)) throw error;
      refused.push({ EvalID: item.EvalID, Reason: error.message });
    }
  }
  return { accepted, refused };
}

/** What follows from an evaluation is new, and one that goes on waiting still waits. */
function refuseOutdated(view: StateView, evaluationID: EvaluationID, results: readonly Evaluation[]): void {
  for (const { ID, Status } of results) {
    const stored = view.evaluations.get(ID.toLowerCase());
    if (ID !== evaluationID && stored !== undefined) throw new RpcError("evaluation already exists");
    if (ID === evaluationID && Status === "blocked" && stored?.Status !== "blocked") {
      throw new RpcError("evaluation is not blocked");
    }
  }
}
