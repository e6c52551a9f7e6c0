import {
  type Duration,
  firstOf,
  type Happening,
  later,
  minutes,
  type Signal,
  seconds,
  WakeUp,
  withEither,
} from "../../base/index.ts";
import { type Evaluation, type EvaluationID, isTerminalEvaluation, type LogIndex } from "../../model/index.ts";
import { LogStoreFull, NotLeader, RaftOverloaded } from "../../raft/index.ts";
import { pause } from "../../runtime/index.ts";
import { type Applied, type Change, evaluationsUpdate, jobKey } from "../../state/index.ts";
import { Alarm } from "./alarm.ts";
import { BlockedEvaluations } from "./blocked-evaluations.ts";
import { capacityGainedBy } from "./capacity.ts";
import { type Delivery, EvaluationBroker, failedQueue } from "./evaluation-broker.ts";
import { HandingOut } from "./handing-out.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const nackTimeout = seconds(60);
const deliveryLimit = 3;
const conflictRetry = minutes(1);
/** Evaluations that are canceled by one entry of the log. */
const mostCanceled = 1000;
/** Until the next try, when the end of an evaluation could not be logged. */
const settleRetry = seconds(1);

/** What a worker shows for an evaluation that it was given. */
interface Delivered {
  readonly EvalID: EvaluationID;
  readonly Token: string;
}

/**
 * Everything that waits for a scheduler: evaluations that are due, and those that wait for capacity.
 * It learns of both from the state's changes, and at its start from the state itself.
 */
export class EvaluationQueue implements LeaderDuty {
  readonly name = "evaluation queue";
  readonly #tenure: Tenure;
  readonly #broker: EvaluationBroker;
  readonly #blocked: BlockedEvaluations;
  /** Waited for capacity until a newer one of their job came to do the same. */
  readonly #outdated: Evaluation[] = [];
  readonly #outdatedFound = new WakeUp();
  readonly #handingOut: HandingOut;
  readonly #alarm: Alarm;
  readonly #begunAt: LogIndex;
  /** When allocations of a job were last placed or stopped, in this tenure. */
  readonly #plannedAt = new Map<string, LogIndex>();

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
    this.#begunAt = tenure.state.view().index;
    this.#broker = new EvaluationBroker(tenure.runtime.random, { nackTimeout, deliveryLimit });
    this.#handingOut = new HandingOut(this.#broker, tenure.runtime.clock);
    this.#blocked = new BlockedEvaluations(tenure.state.view().index);
    this.#alarm = new Alarm(tenure.runtime.clock);
  }

  async run(): Promise<void> {
    const stopObserving = this.#tenure.state.observe((applied) => this.#follow(applied));
    for (const evaluation of this.#tenure.state.view().evaluations.all()) this.#take(evaluation);
    try {
      await Promise.all([this.#keepTime(), this.#retryConflicted(), this.#failUndeliverable(), this.#cancelOutdated()]);
    } finally {
      stopObserving();
    }
  }

  /** Waits up to `timeout` for an evaluation; undefined when none came, the tenure ended or `signal` fired. */
  async dequeue(schedulers: readonly string[], timeout: Duration, signal: Signal): Promise<Delivery | undefined> {
    const [delivery] = await this.dequeueSome(schedulers, { most: 1, timeout, signal });
    return delivery;
  }

  /** As `dequeue`, and gives up to `most` where many have come together. */
  async dequeueSome(
    schedulers: readonly string[],
    { most, timeout, signal }: { readonly most: number; readonly timeout: Duration; readonly signal: Signal },
  ): Promise<readonly Delivery[]> {
    const { clock } = this.#tenure.runtime;
    return withEither([this.#tenure.signal, signal], async (ended) => {
      let given: readonly Delivery[] = ended.aborted ? [] : this.#handingOut.take(schedulers, most);
      const delivered: Happening = (happened) =>
        this.#handingOut.wait({
          schedulers,
          most,
          give: (deliveries) => {
            given = deliveries;
            happened();
          },
        });
      if (given.length === 0 && timeout > 0) {
        await firstOf(ended, delivered, (passed) => clock.at(later(clock.now(), timeout), passed));
      }
      if (given.length > 0) this.#alarm.setFor(later(clock.now(), nackTimeout));
      return given;
    });
  }

  /**
   * What a worker must have applied before it looks at this evaluation: all that was planned for its job, also by whoever
   * had the evaluation before it. On a server that lags behind it would place the same once more.
   */
  waitIndex({ Namespace, JobID }: Evaluation): LogIndex {
    return Math.max(this.#begunAt, this.#plannedAt.get(jobKey(Namespace, JobID)) ?? 0);
  }

  /** As `touch`; gives the index that a plan for the evaluation must have seen, by now. */
  claim(id: EvaluationID, token: string): LogIndex {
    this.touch(id, token);
    const evaluation = this.#broker.outstanding(id);
    return evaluation === undefined ? 0 : this.waitIndex(evaluation);
  }

  acknowledge(id: EvaluationID, token: string): void {
    this.#broker.acknowledge(id, token, this.#tenure.runtime.clock.now());
    this.#somethingIsReady();
  }

  refuse(id: EvaluationID, token: string): void {
    this.#broker.refuse(id, token, this.#tenure.runtime.clock.now());
    this.#somethingIsReady();
  }

  /** Throws `BrokerRefused` unless the evaluation is outstanding with this token; else its worker has time again. */
  touch(id: EvaluationID, token: string): void {
    this.#broker.touch(id, token, this.#tenure.runtime.clock.now());
  }

  /**
   * Does `work` for an outstanding evaluation without holding the time against its worker. Rejects with
   * `BrokerRefused` if it is not outstanding with this token, else as `work` does, of which `logging` holds.
   */
  async onBehalfOf<Result>(id: EvaluationID, token: string, work: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#tenure.runtime;
    this.#broker.pause(id, token);
    try {
      return await this.logging([{ EvalID: id, Token: token }], work);
    } finally {
      if (this.#broker.tokenOf(id) === token) this.#broker.resume(id, token, clock.now());
      this.#alarm.setFor(later(clock.now(), nackTimeout));
    }
  }

  /**
   * Does `work`, which logs what came of these deliveries. Where the log takes nothing they do not count: a disk may be full
   * for longer than it takes to deliver often enough.
   */
  async logging<Result>(deliveries: readonly Delivered[], work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof LogStoreFull || error instanceof NotLeader || error instanceof RaftOverloaded;
      for (const { EvalID, Token } of mayPass ? deliveries : []) {
        if (this.#broker.tokenOf(EvalID) === Token) this.#broker.excuse(EvalID, Token);
      }
      throw error;
    }
  }

  /** Takes an evaluation, from the state or of the servers' own housekeeping. One that waits already is not doubled. */
  enqueue(evaluation: Evaluation): void {
    this.#broker.enqueue(evaluation, this.#tenure.runtime.clock.now());
    this.#somethingIsReady();
  }

  byType(): ReturnType<EvaluationBroker["byType"]> {
    return this.#broker.byType();
  }

  /** Those that wait until there is room. */
  blocked(): Iterable<Evaluation> {
    return this.#blocked.waiting();
  }

  statistics(): ReturnType<EvaluationBroker["statistics"]> & ReturnType<BlockedEvaluations["statistics"]> {
    return { ...this.#broker.statistics(), ...this.#blocked.statistics() };
  }

  #follow({ changes, index }: Applied): void {
    const view = () => this.#tenure.state.view();
    const classes = new Set<string>();
    for (const change of changes) {
      this.#followChange(change, index);
      const gained = capacityGainedBy(change, view);
      if (gained !== undefined) classes.add(gained);
    }
    if (classes.size === 0) return;
    for (const evaluation of this.#blocked.capacityGained(classes, index)) this.enqueue(evaluation);
  }

  #followChange(change: Change, index: LogIndex): void {
    if (change.table === "allocations" && change.before?.DesiredStatus !== change.after?.DesiredStatus) {
      const { Namespace, JobID } = (change.after ?? change.before)!;
      this.#plannedAt.set(jobKey(Namespace, JobID), index);
    }
    if (change.table === "evaluations") {
      if (change.after === undefined || isTerminalEvaluation(change.after)) this.#blocked.remove(change.key);
      else this.#take(change.after);
    }
    if (change.table === "jobs" && change.after === undefined) this.#plannedAt.delete(change.key);
    if (change.table === "jobs" && change.before !== undefined && (change.after === undefined || change.after.Stop)) {
      const waiting = this.#blocked.takeOfJob(change.before.Namespace, change.before.ID);
      if (waiting !== undefined) this.enqueue(waiting);
    }
  }

  #take(evaluation: Evaluation): void {
    if (evaluation.Status === "pending") {
      if (evaluation.TriggeredBy === "job-register") this.#handingOut.jobRegistered();
      this.enqueue(evaluation);
    }
    if (evaluation.Status !== "blocked") return;
    const blocking = this.#blocked.block(evaluation);
    if (blocking.kind === "missed") this.enqueue(evaluation);
    if (blocking.kind === "outdated") this.#outdate(evaluation);
    if (blocking.kind === "waits" && blocking.replaces !== undefined) this.#outdate(blocking.replaces);
  }

  #outdate(evaluation: Evaluation): void {
    this.#outdated.push(evaluation);
    this.#outdatedFound.notify();
  }

  #somethingIsReady(): void {
    this.#handingOut.handOut();
    const next = this.#broker.wakeAt();
    if (next !== undefined) this.#alarm.setFor(next);
  }

  async #keepTime(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (!signal.aborted) {
      if (this.#broker.wake(runtime.clock.now())) this.#handingOut.handOut();
      await this.#alarm.sleepUntil(this.#broker.wakeAt(), signal);
    }
  }

  async #retryConflicted(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (await pause(runtime.clock, conflictRetry, signal)) {
      for (const evaluation of this.#blocked.takeConflicted()) this.enqueue(evaluation);
    }
  }

  /** What was delivered too often is given up, so that it does not circle for ever. */
  async #failUndeliverable(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (!signal.aborted) {
      const delivery = await this.dequeue([failedQueue], minutes(60), signal);
      if (delivery === undefined) continue;
      const { evaluation, token } = delivery;
      const StatusDescription = `evaluation reached delivery limit (${deliveryLimit})`;
      const failed = () => this.#settle([evaluation], () => ({ Status: "failed", StatusDescription }));
      if (await this.onBehalfOf(evaluation.ID, token, failed)) this.acknowledge(evaluation.ID, token);
      else if (await pause(runtime.clock, settleRetry, signal)) this.refuse(evaluation.ID, token);
    }
  }

  /** A job has one evaluation that waits for capacity; what came before it is canceled. */
  async #cancelOutdated(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (!signal.aborted) {
      const outdated = this.#outdated.splice(0, mostCanceled);
      const canceled = await this.#settle(outdated, ({ JobID }) => ({
        Status: "canceled",
        StatusDescription: `existing blocked evaluation exists for job "${JobID}"`,
      }));
      if (!canceled) {
        this.#outdated.push(...outdated);
        await pause(runtime.clock, settleRetry, signal);
      } else if (this.#outdated.length === 0) await this.#outdatedFound.wait(signal);
    }
  }

  /** Ends evaluations, unless they have ended since. False if that could not be logged. */
  async #settle(
    evaluations: readonly Evaluation[],
    end: (evaluation: Evaluation) => Pick<Evaluation, "Status" | "StatusDescription">,
  ): Promise<boolean> {
    const { runtime, state, signal } = this.#tenure;
    const Evals = evaluations
      .map(({ ID }) => state.view().evaluations.get(ID.toLowerCase()))
      .filter((stored) => stored !== undefined && !isTerminalEvaluation(stored)) as Evaluation[];
    if (Evals.length === 0) return true;
    try {
      await state.propose(evaluationsUpdate, { Evals: Evals.map((stored) => ({ ...stored, ...end(stored) })) });
      return true;
    } catch (error) {
      if (!signal.aborted) runtime.log.named("nomad").error("cannot end evaluations", { count: Evals.length, error });
      return false;
    }
  }
}
