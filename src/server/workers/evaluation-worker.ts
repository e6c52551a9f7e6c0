import {
  acknowledgeEvaluation,
  createEvaluation,
  dequeueEvaluation,
  deregisterNode,
  forgetJobs,
  type RpcCaller,
  reapEvaluations,
  reblockEvaluation,
  refuseEvaluation,
  submitPlan,
  updateEvaluation,
} from "../../api/index.ts";
import { type Duration, type Instant, milliseconds, seconds, shorter, times } from "../../base/index.ts";
import type { Evaluation, LogIndex, Plan, PlanResult } from "../../model/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { attempted, beginRun, settled } from "../../scheduler/index.ts";
import type { StateView } from "../../state/index.ts";
import { waitForIndex } from "../blocking-query.ts";
import type { ReplicatedState } from "../replicated-state.ts";
import { type CollectionAges, type CollectionKind, collectGarbage } from "./collect-garbage.ts";
import { type SchedulerPool, schedulingContext } from "./scheduler-pool.ts";

const dequeueTimeout = milliseconds(500);
const indexTimeout = seconds(5);
const [shortestBackOff, longestBackOff] = [milliseconds(500), seconds(10)];
/** Ids that fit one log entry of 256 KB. Source: the original's `maxIdsPerReap`. */
const idsPerReap = 7281;

interface Held {
  readonly evaluation: Evaluation;
  readonly token: string;
}

/**
 * Takes evaluations from the leader, wherever that is, has them scheduled on this server's state, and brings the
 * plan to the leader. What goes wrong on the way gives the evaluation back, to be delivered again.
 */
export class EvaluationWorker {
  readonly #runtime: Runtime;
  readonly #rpc: RpcCaller;
  readonly #state: ReplicatedState;
  readonly #pool: SchedulerPool;
  readonly #schedulers: readonly string[];
  readonly #ages: CollectionAges;

  constructor(
    runtime: Runtime,
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

  /** Works until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    let backOff: Duration | undefined;
    while (!signal.aborted) {
      try {
        const held = await this.#dequeue(signal);
        if (held !== undefined) await this.#handle(held, signal);
        backOff = undefined;
      } catch (error) {
        if (signal.aborted) return;
        backOff = backOff === undefined ? shortestBackOff : shorter(longestBackOff, times(backOff, 4));
        this.#runtime.log.named("worker").debug("cannot reach the leader, waiting", { error });
        await this.#runtime.clock.sleep(backOff, signal).catch(() => undefined);
      }
    }
  }

  async #dequeue(signal: AbortSignal): Promise<Held | undefined> {
    const request = { Schedulers: this.#schedulers, Timeout: dequeueTimeout as number };
    const { reply } = await this.#rpc.call(dequeueEvaluation, request, { signal });
    if (reply.Eval === null) return undefined;
    this.#runtime.log.named("worker").debug("dequeued evaluation", { evaluationID: reply.Eval.ID });
    return { evaluation: reply.Eval, token: reply.Token };
  }

  async #handle(held: Held, signal: AbortSignal): Promise<void> {
    const answer = { EvalID: held.evaluation.ID, Token: held.token };
    try {
      await this.#viewAt(held.evaluation.ModifyIndex, signal);
      if (held.evaluation.Type === "_core") await this.#collect(held.evaluation);
      else await this.#schedule(held, signal);
    } catch (error) {
      if (!signal.aborted) {
        const { ID } = held.evaluation;
        this.#runtime.log.named("worker").warn("cannot finish evaluation, giving it back", { evaluationID: ID, error });
      }
      await this.#rpc.call(refuseEvaluation, answer);
      return;
    }
    await this.#rpc.call(acknowledgeEvaluation, answer);
    this.#runtime.log.named("worker").debug("acknowledged evaluation", { evaluationID: held.evaluation.ID });
  }

  /** The loop that `scheduling-run.ts` describes. */
  async #schedule(held: Held, signal: AbortSignal): Promise<void> {
    const now = this.#runtime.clock.now() as Instant;
    let view = this.#state.view();
    let run = beginRun();
    for (;;) {
      const context = schedulingContext(view, held.evaluation, now);
      const outcome = await this.#pool.schedule(view, held.evaluation, now);
      const attempt = attempted(run, outcome);
      for (const evaluation of attempt.create) await this.#write(createEvaluation, held, evaluation);
      const result = attempt.plan === undefined ? undefined : await this.#submit(attempt.plan, held);
      const next = settled({ evaluation: held.evaluation, run: attempt.run, outcome, result, context });
      switch (next.kind) {
        case "again":
          run = next.run;
          view = await this.#viewAt(next.refreshIndex, signal);
          continue;
        case "finished":
          for (const evaluation of next.create) await this.#write(createEvaluation, held, evaluation);
          await this.#write(updateEvaluation, held, next.evaluation);
          return;
        case "reblock":
          await this.#write(reblockEvaluation, held, next.evaluation);
          return;
      }
    }
  }

  async #submit(plan: Plan, held: Held): Promise<PlanResult> {
    const { reply } = await this.#rpc.call(submitPlan, { Plan: { ...plan, EvalToken: held.token } });
    if (reply.Result === null) throw new Error("plan was answered without a result");
    return reply.Result;
  }

  async #write(
    method: typeof createEvaluation | typeof updateEvaluation | typeof reblockEvaluation,
    held: Held,
    evaluation: Evaluation,
  ): Promise<void> {
    await this.#rpc.call(method, { Evals: [evaluation], EvalToken: held.token });
  }

  async #viewAt(index: LogIndex, signal: AbortSignal): Promise<StateView> {
    return waitForIndex(this.#state, this.#runtime.clock, { index, timeout: indexTimeout, signal });
  }

  async #collect(evaluation: Evaluation): Promise<void> {
    const kind = evaluation.JobID as CollectionKind;
    const now = this.#runtime.clock.now();
    const garbage = collectGarbage(this.#state.view(), kind, { now, ages: this.#ages });
    const reaps = Math.max(
      Math.ceil(garbage.evaluations.length / idsPerReap),
      Math.ceil(garbage.allocations.length / idsPerReap),
    );
    for (let reap = 0; reap < reaps; reap++) {
      const part = (ids: readonly string[]) => ids.slice(reap * idsPerReap, (reap + 1) * idsPerReap);
      const request = { Evals: part(garbage.evaluations), Allocs: part(garbage.allocations) };
      await this.#rpc.call(reapEvaluations, request);
    }
    if (garbage.jobs.length > 0) await this.#rpc.call(forgetJobs, { Jobs: garbage.jobs });
    for (const NodeID of garbage.nodes) await this.#rpc.call(deregisterNode, { NodeID });
    this.#runtime.log.named("sched.core").debug("collected garbage", {
      kind,
      evaluations: garbage.evaluations.length,
      allocations: garbage.allocations.length,
      jobs: garbage.jobs.length,
      nodes: garbage.nodes.length,
    });
  }
}
