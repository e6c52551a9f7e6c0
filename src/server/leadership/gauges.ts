import { firstOf } from "../../base/index.ts";
import type { Gauge } from "../../runtime/index.ts";
import { blockedResourceGauges } from "./blocked-resources.ts";
import type { EvaluationQueue } from "./evaluation-queue.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { jobGauges } from "./job-gauges.ts";
import type { PlanQueue } from "./plan-queue.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const names = {
  ready: ["nomad", "broker", "total_ready"],
  unacknowledged: ["nomad", "broker", "total_unacked"],
  waiting: ["nomad", "broker", "total_blocked"],
  /** The same, as 1.4 and later call it. */
  pending: ["nomad", "broker", "total_pending"],
  delayed: ["nomad", "broker", "total_waiting"],
  blocked: ["nomad", "blocked_evals", "total_blocked"],
  escaped: ["nomad", "blocked_evals", "total_escaped"],
  depth: ["nomad", "plan", "queue_depth"],
  watched: ["nomad", "heartbeat", "active"],
};

/** Shows how much waits for the leader, under the names of Nomad's metrics. */
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
    const view = () => this.#tenure.state.view();
    const { evaluations } = this.#measured;
    const ends = [
      () => this.#figures(),
      () => blockedResourceGauges(view(), evaluations.blocked()),
      () => jobGauges(view()),
    ].map((look) => runtime.metrics.observe(look));
    await firstOf(signal);
    for (const end of ends) end();
  }

  *#figures(): Iterable<Gauge> {
    const { evaluations, plans, heartbeats } = this.#measured;
    const { ready, unacknowledged, waiting, delayed, blocked, escaped } = evaluations.statistics();
    yield* typeGauges(evaluations.byType());
    yield { name: names.ready, value: ready };
    yield { name: names.unacknowledged, value: unacknowledged };
    yield { name: names.waiting, value: waiting };
    yield { name: names.pending, value: waiting };
    yield { name: names.delayed, value: delayed };
    yield { name: names.blocked, value: blocked };
    yield { name: names.escaped, value: escaped };
    yield { name: names.depth, value: plans.depth };
    yield { name: names.watched, value: heartbeats.watched };
  }
}

/** As 0.4.1 and 1.0 name them. To Prometheus the name of later versions, `broker.service_ready`, is the same. */
function* typeGauges(figures: ReturnType<EvaluationQueue["byType"]>): Iterable<Gauge> {
  for (const [type, { ready, unacknowledged }] of figures) {
    yield { name: ["nomad", "broker", type, "ready"], value: ready };
    yield { name: ["nomad", "broker", type, "unacked"], value: unacknowledged };
  }
}
