import { parseGoDuration, seconds } from "../../base/index.ts";
import type { MetricsFacts } from "../../http/index.ts";
import {
  type Labels,
  type LineReceiver,
  metricsSummary,
  prometheusText,
  StatsdReceiver,
  StatsiteReceiver,
  sendMetrics,
} from "../../runtime/index.ts";
import { measureProcess, type NodeRuntime } from "../../runtime/node/index.ts";
import type { Settings } from "../config/settings.ts";

type TelemetryRuntime = Pick<NodeRuntime, "clock" | "log" | "metrics" | "network">;

/** What one life of the senders is told. */
type TelemetrySettings = Settings["Telemetry"];

interface Names {
  readonly machine: string;
  readonly node: string;
}

/** Shows what is measured, and sends it where the operator wants it. */
export class Telemetry {
  readonly #runtime: TelemetryRuntime;
  readonly #names: Names;
  readonly #endMeasuring: () => void;
  #settings: TelemetrySettings;
  #sending: Sending;

  constructor(runtime: TelemetryRuntime, names: Names, settings: TelemetrySettings) {
    this.#runtime = runtime;
    this.#names = names;
    this.#settings = settings;
    this.#filter();
    this.#endMeasuring = measureProcess(runtime.metrics);
    this.#sending = this.#send();
  }

  /** What the HTTP API shows. */
  facts(): MetricsFacts {
    const { metrics } = this.#runtime;
    const labels = (): Labels => (this.#host === undefined ? {} : { host: this.#host });
    const text = shared(() => prometheusText(metrics, labels()));
    const summary = shared(() => metricsSummary(metrics, labels()));
    const settings = () => this.#settings;
    return {
      summary,
      get prometheus() {
        return settings().PrometheusMetrics ? text : undefined;
      },
    };
  }

  /** From now on other settings hold. Resolves when nothing is sent by the old ones any more. */
  async take(settings: TelemetrySettings): Promise<void> {
    const before = this.#sending;
    this.#settings = settings;
    this.#filter();
    before.over.abort();
    await before.ended;
    this.#sending = this.#send();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endMeasuring();
    this.#sending.over.abort();
    await this.#sending.ended;
  }

  #filter(): void {
    const { PrefixFilter, FilterDefault } = this.#settings;
    this.#runtime.metrics.filter({ rules: PrefixFilter.filter((rule) => rule !== ""), otherwise: FilterDefault });
  }

  /** By which this agent's figures are told from those of others; undefined if they are to have nothing of the kind. */
  get #host(): string | undefined {
    const { UseNodeName, DisableHostname } = this.#settings;
    if (UseNodeName) return this.#names.node;
    return DisableHostname ? undefined : this.#names.machine;
  }

  #send(): Sending {
    const { CollectionInterval } = this.#settings;
    const options = {
      interval: CollectionInterval === "" ? seconds(1) : parseGoDuration(CollectionInterval),
      host: this.#host,
    };
    const over = new AbortController();
    const sending = this.#receivers().map((receiver) => sendMetrics(this.#runtime, receiver, options, over.signal));
    return { over, ended: Promise.all(sending) };
  }

  #receivers(): readonly LineReceiver[] {
    const { StatsdAddr, StatsiteAddr } = this.#settings;
    const { network, clock, log } = this.#runtime;
    const world = { network, clock, log: log.named("telemetry") };
    return [
      ...(StatsdAddr === "" ? [] : [new StatsdReceiver(network, StatsdAddr)]),
      ...(StatsiteAddr === "" ? [] : [new StatsiteReceiver(world, StatsiteAddr)]),
    ];
  }
}

/** What is sent by one set of settings. */
interface Sending {
  readonly over: AbortController;
  readonly ended: Promise<unknown>;
}

/** All who ask while an answer is made get the same: to make many at once would take as many times the memory. */
function shared<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let under: Promise<Value> | undefined;
  return () => {
    under ??= make().finally(() => {
      under = undefined;
    });
    return under;
  };
}
