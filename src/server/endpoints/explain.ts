import type * as z from "zod";
import { explainEvaluation, explainJob, RpcError } from "../../api/index.ts";
import type { Signal, Steps } from "../../base/index.ts";
import type { Explanation } from "../../model/index.ts";
import { inTurns } from "../../runtime/index.ts";
import { explainInSteps, type Question } from "../../scheduler/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import { type Endpoint, endpoint, type Said, type ServerContext } from "../endpoint.ts";
import { Turns } from "../turns.ts";
import { fullID } from "./lookup.ts";

/** Questions that may wait for their turn; more are refused. */
const mostWaiting = 16;

/** Why something does not run. It takes many runs of the scheduler, so one question is answered after the other. */
export function explainEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state } = context;
  const turns = new Turns();
  let waiting = 0;
  const inTurn = async (answer: () => Promise<Said<Reply>>): Promise<Said<Reply>> => {
    if (waiting > mostWaiting) throw new RpcError("too many explanations are asked for at once", { code: 503 });
    waiting++;
    return turns.take("explaining", answer).finally(() => waiting--);
  };
  const explained = async (view: StateView, question: Question, signal: Signal): Promise<Said<Reply>> => ({
    reply: { Explanation: await explanationOf(context, view, question, signal) },
    index: view.index,
  });
  return [
    endpoint(explainJob, ({ request: { JobID }, options: { namespace }, signal }) =>
      inTurn(async () => {
        const view = state.view();
        const found = view.jobs.get(jobKey(namespace, JobID));
        if (found === undefined) return { reply: { Explanation: null }, index: view.jobs.lastIndex };
        return explained(view, { namespace, jobID: found.ID }, signal);
      }),
    ),
    endpoint(explainEvaluation, ({ request: { EvalID }, signal }) =>
      inTurn(async () => {
        const view = state.view();
        const found = view.evaluations.get(fullID("eval", EvalID));
        if (found === undefined) return { reply: { Explanation: null }, index: view.evaluations.lastIndex };
        return explained(view, { namespace: found.Namespace, jobID: found.JobID, evaluation: found }, signal);
      }),
    ),
  ];
}

type Reply = z.output<typeof explainJob.reply>;

/** Rejects with the signal's reason once nobody waits for it any more. */
async function explanationOf(
  { runtime: { clock }, leaderAddress }: ServerContext,
  view: StateView,
  question: Question,
  signal: Signal,
): Promise<Explanation> {
  const found = await inTurns(clock, whileWanted(explainInSteps(view, question, clock.wallTime()), signal));
  if (leaderAddress() !== "") return found;
  const Text = "No server leads: nothing is looked at, placed or stopped until one does";
  return { ...found, Remarks: [{ Kind: "no leader", Text }, ...found.Remarks] };
}

function* whileWanted<Result>(steps: Steps<Result>, signal: Signal): Steps<Result> {
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = steps.next();
    if (done === true) return value;
    yield;
  }
}
