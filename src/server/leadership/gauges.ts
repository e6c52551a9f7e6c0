import { seconds } from "../../base/index.ts";
import { pause } from "../../runtime/index.ts";
import type { EvaluationQueue } from "./evaluation-queue.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { PlanQueue } from "./plan-queue.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const period = seconds(1);

/** Measures how much waits for the leader, under the names of Nomad's metrics. */
export class Gauges implements LeaderDuty {
  readonly name = "gauges";
  readonly #tenure: Tenure;
  readonly #measured: {
    readonly evaluations: EvaluationQueue;
    readonly plans: PlanQueue;
    readonly heartbeats: Heartbeats;
  };

  constructor(
    tenure: Tenure,
    measured: { readonly evaluations: EvaluationQueue; readonly plans: PlanQueue; readonly heartbeats: Heartbeats },
  ) {
    this.#tenure = tenure;
    this.#measured = measured;
  }

  async run(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (await pause(runtime.clock, period, signal)) this.#measure();
  }

  #measure(): void {
    const { metrics } = this.#tenure.runtime;
    const { evaluations, plans, heartbeats } = this.#measured;
    const { ready, unacknowledged, waiting, delayed, blocked, escaped } = evaluations.statistics();
    metrics.gauge(["nomad", "broker", "total_ready"], ready);
    metrics.gauge(["nomad", "broker", "total_unacked"], unacknowledged);
    metrics.gauge(["nomad", "broker", "total_blocked"], waiting);
    metrics.gauge(["nomad", "broker", "total_waiting"], delayed);
    metrics.gauge(["nomad", "blocked_evals", "total_blocked"], blocked);
    metrics.gauge(["nomad", "blocked_evals", "total_escaped"], escaped);
    metrics.gauge(["nomad", "plan", "queue_depth"], plans.depth);
    metrics.gauge(["nomad", "heartbeat", "active"], heartbeats.watched);
  }
}
