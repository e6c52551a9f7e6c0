import { type Duration, later, minutes, seconds, WakeUp } from "../../base/index.ts";
import {
  type Evaluation,
  type EvaluationID,
  isReady,
  isTerminalAllocation,
  isTerminalEvaluation,
} from "../../model/index.ts";
import { type Applied, type Change, evaluationsUpdate, type StateView } from "../../state/index.ts";
import { BlockedEvaluations } from "./blocked-evaluations.ts";
import { type Delivery, EvaluationBroker, failedQueue } from "./evaluation-broker.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const nackTimeout = seconds(60);
const deliveryLimit = 3;
const conflictRetry = minutes(1);

/**
 * Everything that waits for a scheduler: evaluations that are due, and those that wait for capacity.
 * It learns of both from the state's changes, and at its start from the state itself.
 */
export class EvaluationQueue implements LeaderDuty {
  readonly name = "evaluation queue";
  readonly #tenure: Tenure;
  readonly #broker: EvaluationBroker;
  readonly #blocked = new BlockedEvaluations();
  readonly #arrived = new WakeUp();
  /** Says to the timer loop that the broker's next deadline may have moved. */
  readonly #deadlineMoved = new WakeUp();

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
    this.#broker = new EvaluationBroker(tenure.runtime.random, { nackTimeout, deliveryLimit });
  }

  async run(): Promise<void> {
    const stopObserving = this.#tenure.state.observe((applied) => this.#follow(applied));
    this.#restore(this.#tenure.state.view());
    try {
      await Promise.all([this.#keepTime(), this.#retryConflicted(), this.#reapFailed()]);
    } finally {
      stopObserving();
    }
  }

  /** Waits up to `timeout` for an evaluation; undefined when none came, the tenure ended or `signal` fired. */
  async dequeue(schedulers: readonly string[], timeout: Duration, signal: AbortSignal): Promise<Delivery | undefined> {
    const { clock } = this.#tenure.runtime;
    const deadline = later(clock.now(), timeout);
    const ended = AbortSignal.any([this.#tenure.signal, signal]);
    for (;;) {
      const delivery = ended.aborted ? undefined : this.#broker.dequeue(schedulers, clock.now());
      if (delivery !== undefined) this.#deadlineMoved.notify();
      if (delivery !== undefined || ended.aborted || clock.now() >= deadline) return delivery;
      const cancel = clock.at(deadline, () => this.#arrived.notify());
      await this.#arrived.wait(ended);
      cancel();
    }
  }

  acknowledge(id: EvaluationID, token: string): void {
    this.#broker.acknowledge(id, token, this.#tenure.runtime.clock.now());
    this.#arrived.notify();
  }

  refuse(id: EvaluationID, token: string): void {
    this.#broker.refuse(id, token);
    this.#arrived.notify();
  }

  /** Throws `BrokerRefused` unless the evaluation is outstanding with this token; else its worker has time again. */
  touch(id: EvaluationID, token: string): void {
    this.#broker.touch(id, token, this.#tenure.runtime.clock.now());
  }

  /** Does `work` for an outstanding evaluation without holding the time against its worker. */
  async onBehalfOf<Result>(id: EvaluationID, token: string, work: () => Promise<Result>): Promise<Result> {
    this.#broker.pause(id, token);
    try {
      return await work();
    } finally {
      if (this.#broker.tokenOf(id) === token) this.#broker.resume(id, token, this.#tenure.runtime.clock.now());
      this.#deadlineMoved.notify();
    }
  }

  /** The token of an outstanding evaluation: a plan for it must carry the same. */
  tokenOf(id: EvaluationID): string | undefined {
    return this.#broker.tokenOf(id);
  }

  /** Takes an evaluation that is not in the state: the servers' own housekeeping. */
  enqueue(evaluation: Evaluation): void {
    this.#broker.enqueue(evaluation, this.#tenure.runtime.clock.now());
    this.#arrived.notify();
    this.#deadlineMoved.notify();
  }

  statistics(): ReturnType<EvaluationBroker["statistics"]> & ReturnType<BlockedEvaluations["statistics"]> {
    return { ...this.#broker.statistics(), ...this.#blocked.statistics() };
  }

  #restore(view: StateView): void {
    for (const evaluation of view.evaluations.all()) this.#take(evaluation);
  }

  #follow(applied: Applied): void {
    for (const change of applied.changes) this.#followChange(change, applied.index);
  }

  #followChange(change: Change, index: number): void {
    switch (change.table) {
      case "evaluations":
        if (change.after === undefined || isTerminalEvaluation(change.after)) this.#blocked.remove(change.key);
        else this.#take(change.after);
        return;
      case "nodes": {
        const { before, after } = change;
        if (after === undefined || !isReady(after)) return;
        const unchanged = before !== undefined && isReady(before) && before.ComputedClass === after.ComputedClass;
        if (!unchanged) this.#capacityGained(after.ComputedClass, index);
        return;
      }
      case "allocations": {
        const { before, after } = change;
        if (after === undefined || before === undefined) return;
        if (isTerminalAllocation(before) || !isTerminalAllocation(after)) return;
        const node = this.#tenure.state.view().nodes.get(after.NodeID);
        if (node !== undefined) this.#capacityGained(node.ComputedClass, index);
        return;
      }
      case "jobs":
        if (change.before === undefined) return;
        if (change.after !== undefined && !change.after.Stop) return;
        for (const stale of this.#blocked.takeOfJob(change.before.Namespace, change.before.ID)) this.enqueue(stale);
        return;
      case "jobSummaries":
      case "periodicLaunches":
        return;
    }
  }

  #take(evaluation: Evaluation): void {
    if (evaluation.Status === "pending") this.enqueue(evaluation);
    if (evaluation.Status !== "blocked") return;
    const blocking = this.#blocked.block(evaluation);
    if (blocking.kind === "missed") this.enqueue(evaluation);
    if (blocking.kind === "duplicate") this.#cancel(evaluation);
  }

  #capacityGained(computedClass: string, index: number): void {
    for (const evaluation of this.#blocked.capacityGained(computedClass, index)) this.enqueue(evaluation);
  }

  #cancel(evaluation: Evaluation): void {
    this.#settle({
      ...evaluation,
      Status: "canceled",
      StatusDescription: `existing blocked evaluation exists for job "${evaluation.JobID}"`,
    });
  }

  async #keepTime(): Promise<void> {
    const { clock } = this.#tenure.runtime;
    const { signal } = this.#tenure;
    while (!signal.aborted) {
      this.#broker.wake(clock.now());
      this.#arrived.notify();
      const next = this.#broker.wakeAt();
      const cancel = next === undefined ? undefined : clock.at(next, () => this.#deadlineMoved.notify());
      await this.#deadlineMoved.wait(signal);
      cancel?.();
    }
  }

  async #retryConflicted(): Promise<void> {
    const { clock } = this.#tenure.runtime;
    const { signal } = this.#tenure;
    while (await slept(clock.sleep(conflictRetry, signal))) {
      for (const evaluation of this.#blocked.takeConflicted()) this.enqueue(evaluation);
    }
  }

  /** What was delivered too often is given up, so that it does not circle for ever. */
  async #reapFailed(): Promise<void> {
    const { signal } = this.#tenure;
    while (!signal.aborted) {
      const delivery = await this.dequeue([failedQueue], minutes(60), signal);
      if (delivery === undefined) continue;
      const { evaluation, token } = delivery;
      if (evaluation.Type !== "_core") {
        this.#settle({
          ...evaluation,
          Status: "failed",
          StatusDescription: `evaluation reached delivery limit (${deliveryLimit})`,
        });
      }
      this.#broker.acknowledge(evaluation.ID, token, this.#tenure.runtime.clock.now());
    }
  }

  #settle(evaluation: Evaluation): void {
    const { runtime, state, signal } = this.#tenure;
    state.propose(evaluationsUpdate, { Evals: [evaluation] }).catch((error: unknown) => {
      if (!signal.aborted) {
        runtime.log.named("nomad").error("cannot settle evaluation", { evaluationID: evaluation.ID, error });
      }
    });
  }
}

/** False when the sleep was cut short by its signal. */
function slept(sleep: Promise<void>): Promise<boolean> {
  return sleep.then(
    () => true,
    () => false,
  );
}
