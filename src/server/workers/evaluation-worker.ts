import {
  dequeueEvaluations,
  finishEvaluations,
  type RpcCaller,
  refuseEvaluation,
  submitPlan,
} from "../../api/index.ts";
import { between, type Duration, milliseconds, minutes, seconds, shorter, times } from "../../base/index.ts";
import {
  type Evaluation,
  type EvaluationID,
  isTerminalEvaluation,
  type LogIndex,
  type Plan,
  type PlanResult,
} from "../../model/index.ts";
import { type Log, longTurn, type MetricName, pause } from "../../runtime/index.ts";
import { attempted, beginRun, type SchedulingOutcome, settled } from "../../scheduler/index.ts";
import type { StateView } from "../../state/index.ts";
import { AssumedPlacements } from "../assumed-placements.ts";
import { partsOf, together } from "../plan-parts.ts";
import type { ReplicatedState } from "../replicated-state.ts";
import type { ServerRuntime } from "../server-runtime.ts";
import { waitForIndex } from "../wait-for-index.ts";
import type { CollectionAges } from "./collect-garbage.ts";
import { reapGarbage } from "./reap-garbage.ts";
import { type SchedulerPool, settlingContext } from "./scheduler-pool.ts";

const timers = {
  dequeue: ["nomad", "worker", "dequeue_eval"],
  wait: ["nomad", "worker", "wait_for_index"],
  submit: ["nomad", "worker", "submit_plan"],
  acknowledge: ["nomad", "worker", "send_ack"],
};
const schedulerTimers = new Map<string, MetricName>();

function schedulerTimer(type: string): MetricName {
  const timer = schedulerTimers.get(type) ?? ["nomad", "worker", "invoke_scheduler", type];
  schedulerTimers.set(type, timer);
  return timer;
}

const dequeueTimeout = milliseconds(500);
const indexTimeout = seconds(5);
/** A server that lags behind takes nothing until it has caught up, or for so long. */
const catchUpTimeout = minutes(1);
/** Waiting times while there is no leader to ask: each is four times the one before. */
const [shortestBackOff, longestBackOff, backOffFactor] = [milliseconds(500), seconds(10), 4];
/** For so long it is no wonder that there is no leader. */
const quietStart = seconds(10);

/** What a worker takes at once when much is to be done, and goes on with one after the other. */
const mostAtOnce = 32;
/** Evaluations that take longer each are taken one at a time, for others to have a part in them. */
const longWork = milliseconds(20);

/** What shows that an evaluation was delivered to this worker. */
interface Receipt {
  readonly id: EvaluationID;
  readonly token: string;
}

/** An evaluation that was delivered to this worker. */
interface Held extends Receipt {
  readonly evaluation: Evaluation;
}

/** As it comes from the leader: with the evaluation where no state holds it. */
interface Delivered extends Receipt {
  readonly waitIndex: LogIndex;
  readonly evaluation: Evaluation | undefined;
}

/** What became of an evaluation, and what follows from it. */
interface Finished extends Receipt {
  readonly results: readonly Evaluation[];
}

interface Ended extends Finished {
  /** All that was planned for it at first came about. */
  readonly asPlanned: boolean;
}

type Ending = Promise<Ended | undefined>;

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
  /** The evaluations of late took long. */
  #isSlow = false;

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
    const { clock } = this.#runtime;
    const began = clock.now();
    let backOff: Duration | undefined;
    while (!signal.aborted) {
      try {
        const delivered = await this.#dequeue(signal);
        backOff = undefined;
        if (delivered.length > 0) await this.#handle(delivered, signal);
      } catch (error) {
        if (signal.aborted) return;
        backOff = backOff === undefined ? shortestBackOff : shorter(longestBackOff, times(backOff, backOffFactor));
        const isEarly = between(began, clock.now()) < quietStart;
        if (!isEarly) this.#log.warn("failed to dequeue evaluation, waiting", { error });
        await pause(clock, backOff, signal);
      }
    }
  }

  async #dequeue(signal: AbortSignal): Promise<readonly Delivered[]> {
    const Most = this.#isSlow ? 1 : mostAtOnce;
    const request = { Schedulers: this.#schedulers, Timeout: dequeueTimeout as number, Most };
    const asked = this.#rpc.call(dequeueEvaluations, request, { signal });
    const { Delivered } = (await this.#timed(timers.dequeue, asked)).reply;
    for (const { EvalID } of Delivered) this.#log.debug("dequeued evaluation", { evaluationID: EvalID });
    return Delivered.map(({ EvalID, Token, WaitIndex, Eval }) => {
      return { id: EvalID, token: Token, waitIndex: WaitIndex, evaluation: Eval ?? undefined };
    });
  }

  async #handle(delivered: readonly Delivered[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#runtime;
    const notBefore = Math.max(...delivered.map(({ waitIndex }) => waitIndex));
    let view: StateView;
    try {
      view = await this.#viewAt(notBefore, signal);
    } catch (error) {
      await Promise.all(delivered.map((each) => this.#giveBack(each, error, signal)));
      // They are the next to be delivered: taken again and again in vain, they would soon have been delivered too often.
      await this.#viewAt(notBefore, signal, catchUpTimeout).catch(() => undefined);
      return;
    }
    const { held, over } = known(delivered, view);
    const began = clock.now();
    const ends = await this.#workOn(held, view, signal);
    this.#isSlow = between(began, clock.now()) > times(longWork, held.length);
    const ended = (await Promise.all(ends)).filter((end) => end !== undefined);
    await this.#finish([...over, ...ended], signal);
  }

  /**
   * Looks at one after the other, as if what was planned for those before it had come about: else they would want the
   * same room. While the leader commits a plan, the next is made.
   */
  async #workOn(held: readonly Held[], first: StateView, signal: AbortSignal): Promise<Ending[]> {
    const { clock } = this.#runtime;
    const ends: Ending[] = [];
    // At its own index: nobody here has seen anything newer.
    const assumed = new AssumedPlacements(first, first.index);
    let turnBegan = clock.now();
    for (const each of held) {
      if (between(turnBegan, clock.now()) >= longTurn) {
        await pause(clock, milliseconds(0), signal);
        turnBegan = clock.now();
      }
      if (signal.aborted) {
        ends.push(this.#giveBack(each, signal.reason, signal));
        continue;
      }
      const { view } = assumed;
      const isCore = each.evaluation.Type === "_core";
      const looking = isCore ? undefined : this.#invoke(view, each.evaluation);
      const work =
        looking === undefined
          ? this.#collect(each, view, signal)
          : this.#schedule(each, { view, looking, before: [...ends] }, signal);
      ends.push(work.catch((error) => this.#giveBack(each, error, signal)));
      const plan = (await looking?.catch(() => undefined))?.plan;
      if (plan !== undefined) assumed.place(plan);
    }
    return ends;
  }

  /**
   * The leader may know of one no more; then it delivers the evaluation again, or another leader does. Or it does not take
   * what became of it; then it is to hear at once that nothing else will.
   */
  async #finish(ended: readonly Finished[], signal: AbortSignal): Promise<void> {
    if (ended.length === 0) return;
    const Finished = ended.map(({ id, token, results }) => ({ EvalID: id, Token: token, Evals: [...results] }));
    try {
      const asked = this.#rpc.call(finishEvaluations, { Finished }, { signal });
      const { Refused } = (await this.#timed(timers.acknowledge, asked)).reply;
      const refused = new Map(Refused.map(({ EvalID, Reason }) => [EvalID, Reason]));
      for (const each of ended) {
        const reason = refused.get(each.id);
        if (reason === undefined) this.#log.debug("acknowledged evaluation", { evaluationID: each.id });
        else await this.#giveBack(each, reason, signal);
      }
    } catch (error) {
      await Promise.all(ended.map((each) => this.#giveBack(each, error, signal)));
    }
  }

  /** Something went wrong: it is to be delivered again. */
  async #giveBack({ id, token }: Receipt, reason: unknown, signal: AbortSignal): Promise<undefined> {
    const evaluationID = id;
    if (!signal.aborted) this.#log.warn("cannot finish evaluation, giving it back", { evaluationID, error: reason });
    try {
      await this.#rpc.call(refuseEvaluation, { EvalID: id, Token: token }, { signal });
    } catch (error) {
      if (!signal.aborted) this.#log.warn("cannot answer for evaluation", { evaluationID, error });
    }
    return undefined;
  }

  /**
   * The loop that `scheduling-run.ts` describes. What finds no room beside plans that then do not come about looks again:
   * nobody would tell it that the room was never taken.
   */
  async #schedule(
    held: Held,
    first: {
      readonly view: StateView;
      readonly looking: Promise<SchedulingOutcome>;
      readonly before: readonly Ending[];
    },
    signal: AbortSignal,
  ): Promise<Ended> {
    const { evaluation } = held;
    const { clock } = this.#runtime;
    const created: Evaluation[] = [];
    let { view } = first;
    let outcome = await first.looking;
    let asPlanned = true;
    if (outcome.unplaced.size > 0 && !(await cameAbout(first.before))) {
      asPlanned = false;
      // Many may learn of it at once: each has a turn of its own.
      await pause(clock, milliseconds(0), signal);
      view = this.#state.view();
      outcome = await this.#invoke(view, evaluation);
    }
    let run = beginRun();
    for (;;) {
      const attempt = attempted(run, outcome);
      created.push(...attempt.create);
      const result = attempt.plan === undefined ? undefined : await this.#submit(attempt.plan, held, signal);
      const context = settlingContext(view, evaluation, clock.wallTime());
      const next = settled({ evaluation, run: attempt.run, outcome, result, context });
      if (next.kind !== "again") {
        const follows = next.kind === "finished" ? next.create : [];
        return { ...held, results: [...created, ...follows, next.evaluation], asPlanned };
      }
      run = next.run;
      asPlanned = false;
      view = await this.#viewAt(next.refreshIndex, signal);
      outcome = await this.#invoke(view, evaluation);
    }
  }

  /** A large plan goes part by part; each part has seen what came of those before. */
  async #submit(plan: Plan, { token }: Held, signal: AbortSignal): Promise<PlanResult> {
    const results: PlanResult[] = [];
    let SnapshotIndex = plan.SnapshotIndex;
    let JobOf = "";
    for (const part of partsOf(plan)) {
      const Plan = { ...part, Job: JobOf === "" ? part.Job : null, EvalToken: token, SnapshotIndex };
      const asked = this.#rpc.call(submitPlan, { Plan, JobOf }, { signal });
      const { Result } = (await this.#timed(timers.submit, asked)).reply;
      if (Result === null) throw new Error("plan was answered without a result");
      results.push(Result);
      SnapshotIndex = Math.max(SnapshotIndex, Result.AllocIndex);
      JobOf ||= Object.values(Result.NodeAllocation)[0]?.[0]?.ID ?? "";
    }
    return together(results);
  }

  #viewAt(index: LogIndex, signal: AbortSignal, timeout = indexTimeout): Promise<StateView> {
    const there = waitForIndex(this.#state, this.#runtime.clock, { index, timeout, signal });
    return this.#timed(timers.wait, there);
  }

  #invoke(view: StateView, evaluation: Evaluation): Promise<SchedulingOutcome> {
    const timer = schedulerTimer(evaluation.Type);
    return this.#timed(timer, this.#pool.schedule(view, evaluation, this.#runtime.clock.wallTime()));
  }

  /** What is in vain is not timed. */
  async #timed<Result>(timer: MetricName, work: Promise<Result>): Promise<Result> {
    const { clock, metrics } = this.#runtime;
    const began = clock.now();
    const result = await work;
    metrics.time(timer, between(began, clock.now()));
    return result;
  }

  async #collect(held: Held, view: StateView, signal: AbortSignal): Promise<Ended> {
    const { JobID } = held.evaluation;
    const context = { now: this.#runtime.clock.wallTime(), ages: this.#ages, signal };
    const collected = await reapGarbage(this.#rpc, view, JobID, context);
    this.#runtime.log.named("sched.core").debug("collected garbage", { kind: JobID, ...collected });
    return { ...held, results: [], asPlanned: true };
  }

  get #log(): Log {
    return this.#runtime.log.named("worker");
  }
}

/** The evaluations as they are now; what is over by now, or gone, has nothing left to be done for it. */
function known(delivered: readonly Delivered[], view: StateView): { held: readonly Held[]; over: readonly Finished[] } {
  const held: Held[] = [];
  const over: Finished[] = [];
  for (const { id, token, evaluation = view.evaluations.get(id.toLowerCase()) } of delivered) {
    if (evaluation === undefined || isTerminalEvaluation(evaluation)) over.push({ id, token, results: [] });
    else held.push({ id, token, evaluation });
  }
  return { held, over };
}

async function cameAbout(plans: readonly Ending[]): Promise<boolean> {
  return (await Promise.all(plans)).every((end) => end?.asPlanned === true);
}
