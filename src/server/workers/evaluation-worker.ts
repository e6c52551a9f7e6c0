import {
  acknowledgeEvaluation,
  createEvaluation,
  dequeueEvaluation,
  type RpcCaller,
  reblockEvaluation,
  refuseEvaluation,
  submitPlan,
  updateEvaluation,
} from "../../api/index.ts";
import { between, type Duration, milliseconds, seconds, shorter, times } from "../../base/index.ts";
import type { Evaluation, LogIndex, Plan, PlanResult } from "../../model/index.ts";
import { pause } from "../../runtime/index.ts";
import { attempted, beginRun, settled } from "../../scheduler/index.ts";
import type { StateView } from "../../state/index.ts";
import type { ReplicatedState } from "../replicated-state.ts";
import type { ServerRuntime } from "../server-runtime.ts";
import { waitForIndex } from "../wait-for-index.ts";
import type { CollectionAges } from "./collect-garbage.ts";
import { reapGarbage } from "./reap-garbage.ts";
import { type SchedulerPool, settlingContext } from "./scheduler-pool.ts";

const dequeueTimeout = milliseconds(500);
const indexTimeout = seconds(5);
/** Waiting times while there is no leader to ask: each is four times the one before. */
const [shortestBackOff, longestBackOff, backOffFactor] = [milliseconds(500), seconds(10), 4];
/** For so long it is no wonder that there is no leader. */
const quietStart = seconds(10);

/** An evaluation that was delivered to this worker, and the token that shows it. */
interface Held {
  readonly evaluation: Evaluation;
  readonly token: string;
  /** It is looked at on a state of this index or newer. */
  readonly notBefore: LogIndex;
}

/**
 * Takes evaluations from the leader, wherever that is, has them scheduled on this server's state, and brings the
 * plan to the leader. What goes wrong on the way gives the evaluation back, to be delivered again.
 */
export class EvaluationWorker {
  readonly #runtime: ServerRuntime;
  readonly #rpc: RpcCaller;
  readonly #state: ReplicatedState;
  readonly #pool: SchedulerPool;
  readonly #schedulers: readonly string[];
  readonly #ages: CollectionAges;

  constructor(
    runtime: ServerRuntime,
    collaborators: { readonly rpc: RpcCaller; readonly state: ReplicatedState; readonly pool: SchedulerPool },
    options: { readonly schedulers: readonly string[]; readonly ages: CollectionAges },
  ) {
    this.#runtime = runtime;
    this.#rpc = collaborators.rpc;
    this.#state = collaborators.state;
    this.#pool = collaborators.pool;
    this.#schedulers = options.schedulers;
    this.#ages = options.ages;
  }

  /** Works until `signal` fires. What is held then is given back if that takes no waiting. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#runtime;
    const began = clock.now();
    let backOff: Duration | undefined;
    while (!signal.aborted) {
      try {
        const held = await this.#dequeue(signal);
        backOff = undefined;
        if (held !== undefined) await this.#handle(held, signal);
      } catch (error) {
        if (signal.aborted) return;
        backOff = backOff === undefined ? shortestBackOff : shorter(longestBackOff, times(backOff, backOffFactor));
        const isEarly = between(began, clock.now()) < quietStart;
        if (!isEarly) log.named("worker").warn("failed to dequeue evaluation, waiting", { error });
        await pause(clock, backOff, signal);
      }
    }
  }

  async #dequeue(signal: AbortSignal): Promise<Held | undefined> {
    const request = { Schedulers: this.#schedulers, Timeout: dequeueTimeout as number };
    const { reply } = await this.#rpc.call(dequeueEvaluation, request, { signal });
    if (reply.Eval === null) return undefined;
    this.#runtime.log.named("worker").debug("dequeued evaluation", { evaluationID: reply.Eval.ID });
    const notBefore = Math.max(reply.Eval.ModifyIndex, reply.WaitIndex);
    return { evaluation: reply.Eval, token: reply.Token, notBefore };
  }

  async #handle(held: Held, signal: AbortSignal): Promise<void> {
    const log = this.#runtime.log.named("worker");
    const evaluationID = held.evaluation.ID;
    try {
      const view = await this.#viewAt(held.notBefore, signal);
      if (held.evaluation.Type === "_core") await this.#collect(held.evaluation, view, signal);
      else await this.#schedule(held, view, signal);
    } catch (error) {
      if (!signal.aborted) log.warn("cannot finish evaluation, giving it back", { evaluationID, error });
      await this.#answer(refuseEvaluation, held, signal);
      return;
    }
    if (await this.#answer(acknowledgeEvaluation, held, signal)) log.debug("acknowledged evaluation", { evaluationID });
  }

  /** False if the leader does not know of it any more; then it delivers the evaluation again, or another leader does. */
  async #answer(
    method: typeof acknowledgeEvaluation | typeof refuseEvaluation,
    { evaluation, token }: Held,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.#rpc.call(method, { EvalID: evaluation.ID, Token: token }, { signal });
      return true;
    } catch (error) {
      const log = this.#runtime.log.named("worker");
      if (!signal.aborted) log.warn("cannot answer for evaluation", { evaluationID: evaluation.ID, error });
      return false;
    }
  }

  /** The loop that `scheduling-run.ts` describes. */
  async #schedule(held: Held, first: StateView, signal: AbortSignal): Promise<void> {
    const { evaluation } = held;
    const now = this.#runtime.clock.wallTime();
    let view = first;
    let run = beginRun();
    for (;;) {
      const outcome = await this.#pool.schedule(view, evaluation, now);
      const attempt = attempted(run, outcome);
      for (const created of attempt.create) await this.#write(createEvaluation, held, created, signal);
      const result = attempt.plan === undefined ? undefined : await this.#submit(attempt.plan, held, signal);
      const context = settlingContext(view, evaluation, now);
      const next = settled({ evaluation, run: attempt.run, outcome, result, context });
      switch (next.kind) {
        case "again":
          run = next.run;
          view = await this.#viewAt(next.refreshIndex, signal);
          continue;
        case "finished":
          for (const created of next.create) await this.#write(createEvaluation, held, created, signal);
          await this.#write(updateEvaluation, held, next.evaluation, signal);
          return;
        case "reblock":
          await this.#write(reblockEvaluation, held, next.evaluation, signal);
          return;
      }
    }
  }

  async #submit(plan: Plan, { token }: Held, signal: AbortSignal): Promise<PlanResult> {
    const { reply } = await this.#rpc.call(submitPlan, { Plan: { ...plan, EvalToken: token } }, { signal });
    if (reply.Result === null) throw new Error("plan was answered without a result");
    return reply.Result;
  }

  async #write(
    method: typeof createEvaluation | typeof updateEvaluation | typeof reblockEvaluation,
    { token }: Held,
    evaluation: Evaluation,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#rpc.call(method, { Evals: [evaluation], EvalToken: token }, { signal });
  }

  #viewAt(index: LogIndex, signal: AbortSignal): Promise<StateView> {
    return waitForIndex(this.#state, this.#runtime.clock, { index, timeout: indexTimeout, signal });
  }

  async #collect({ JobID }: Evaluation, view: StateView, signal: AbortSignal): Promise<void> {
    const collected = await reapGarbage(this.#rpc, view, JobID, {
      now: this.#runtime.clock.wallTime(),
      ages: this.#ages,
      signal,
    });
    this.#runtime.log.named("sched.core").debug("collected garbage", { kind: JobID, ...collected });
  }
}
