import type { Duration } from "../base/index.ts";

/** Where a room counts. Names are the parts of Nomad's metric name, for instance `["nomad", "plan", "apply"]`. */
export interface Metrics {
  count(name: readonly string[], by?: number): void;
  gauge(name: readonly string[], value: number): void;
  time(name: readonly string[], took: Duration): void;
}

/** Where nobody looks at the figures. */
export const unmeasured: Metrics = { count: () => {}, gauge: () => {}, time: () => {} };
