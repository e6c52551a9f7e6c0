import type { Instant } from "../../base/index.ts";
import type { Labels, MetricName } from "../metrics.ts";
import { Distribution } from "./distribution.ts";

/** Series with labels that are kept: of what comes to an agent over the years, only the latest is of interest. */
export const mostLabelled = 4096;
/** Intervals that are kept: a minute of finished ones and the one that runs. */
const keptIntervals = 7;

/** What came in one interval. */
export interface Aggregate {
  readonly interval: number;
  count: number;
  sum: number;
  sumOfSquares: number;
  min: number;
  max: number;
  /** By the clock that intervals are measured by, not the time of day. */
  lastUpdated: Instant;
}

/** All that was counted, or measured, under one name. */
export class Series {
  /** With the program's name before it, and dots: `nomad.nomad.plan.apply`. */
  readonly name: string;
  readonly labels: Labels | undefined;
  /** How many values there were since the agent began, and what they make together. */
  count = 0;
  sum = 0;
  /** Of a series that is measured: how its values spread. */
  readonly distribution: Distribution | undefined;
  readonly #recent: Aggregate[] = [];

  constructor(name: string, kind: "counter" | "sample", labels?: Labels) {
    this.name = name;
    this.labels = labels;
    this.distribution = kind === "sample" ? new Distribution() : undefined;
  }

  add(value: number, interval: number, now: Instant): void {
    this.count++;
    this.sum += value;
    this.distribution?.add(value, interval);
    const aggregate = this.#running(interval, value, now);
    aggregate.count++;
    aggregate.sum += value;
    aggregate.sumOfSquares += value * value;
    if (value < aggregate.min) aggregate.min = value;
    if (value > aggregate.max) aggregate.max = value;
    aggregate.lastUpdated = now;
  }

  /** Undefined if nothing came in that interval, or it is too long ago. */
  in(interval: number): Aggregate | undefined {
    return this.#recent.find((each) => each.interval === interval);
  }

  #running(interval: number, value: number, now: Instant): Aggregate {
    const last = this.#recent.at(-1);
    if (last?.interval === interval) return last;
    const begun = { interval, count: 0, sum: 0, sumOfSquares: 0, min: value, max: value, lastUpdated: now };
    this.#recent.push(begun);
    if (this.#recent.length > keptIntervals) this.#recent.shift();
    return begun;
  }
}

/** How far the values of an aggregate lie from their mean. */
export function deviationOf({ count, sum, sumOfSquares }: Aggregate): number {
  return count < 2 ? 0 : Math.sqrt(Math.max(0, (count * sumOfSquares - sum ** 2) / (count * (count - 1))));
}

/** The series of one kind, by their names and labels. */
export class SeriesTable {
  readonly #kind: "counter" | "sample";
  readonly #known = new WeakMap<MetricName, Series>();
  readonly #byName = new Map<string, Series>();
  /** The one that was used last stands at the end. */
  readonly #labelled = new Map<string, Series>();

  constructor(kind: "counter" | "sample") {
    this.#kind = kind;
  }

  of(name: MetricName, labels?: Labels): Series {
    if (labels !== undefined) return this.#ofLabelled(name, labels);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const full = fullName(name);
    const series = this.#byName.get(full) ?? new Series(full, this.#kind);
    this.#byName.set(full, series);
    this.#known.set(name, series);
    return series;
  }

  all(): readonly Series[] {
    return [...this.#byName.values(), ...this.#labelled.values()];
  }

  #ofLabelled(name: MetricName, labels: Labels): Series {
    const key = JSON.stringify([name, labels]);
    const series = this.#labelled.get(key) ?? new Series(fullName(name), this.#kind, labels);
    this.#labelled.delete(key);
    this.#labelled.set(key, series);
    const [oldest] = this.#labelled.keys();
    if (this.#labelled.size > mostLabelled && oldest !== undefined) this.#labelled.delete(oldest);
    return series;
  }
}

/** Every name begins with the program's, also those that already begin with the server's, which is the same word. */
export function fullName(name: MetricName): string {
  return `nomad.${name.join(".")}`;
}
