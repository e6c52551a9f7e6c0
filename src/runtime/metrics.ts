import type { Duration } from "../base/index.ts";

/**
 * The parts of Nomad's metric name, for instance `["nomad", "plan", "apply"]`. Whoever counts often uses one and the same
 * list for all: its series is then found without a text being made.
 */
export type MetricName = readonly string[];

export type Labels = Readonly<Record<string, string>>;

/** A figure that goes up and down, as it is at this moment. */
export interface Gauge {
  readonly name: MetricName;
  readonly value: number;
  readonly labels?: Labels;
}

/** Where a room counts. */
export interface Metrics {
  /** With labels, each set of them is counted by itself; only those that came last are kept, for there may be ever new ones. */
  count(name: MetricName, by?: number, labels?: Labels): void;
  time(name: MetricName, took: Duration): void;
  /** One of many values of which the spread matters, and that is no time. */
  sample(name: MetricName, value: number): void;
  /**
   * Has `look` asked whenever somebody wants to see, and costs nothing until then. What it yields is taken in turns: it must
   * bear that time passes in between. The returned function ends that.
   */
  observe(look: () => Iterable<Gauge>): () => void;
}

/** Where nobody looks at the figures. */
export const unmeasured: Metrics = { count: () => {}, time: () => {}, sample: () => {}, observe: () => () => {} };
