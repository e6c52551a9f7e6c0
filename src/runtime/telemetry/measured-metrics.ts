import {
  between,
  type Duration,
  earlier,
  type Instant,
  inMilliseconds,
  instantOf,
  type Steps,
  seconds,
} from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import { inTurns } from "../in-turns.ts";
import type { Gauge, Labels, MetricName, Metrics } from "../metrics.ts";
import { type NameFilter, shownBy } from "./name-filter.ts";
import { fullName, type Series, SeriesTable } from "./series.ts";

/** One span over which values are gathered. */
export const interval = seconds(10);

/** Is told of everything as it comes: it must be quick. */
export interface MetricsListener {
  counted(series: Series, by: number): void;
  measured(series: Series, value: number): void;
}

/** Counts in memory: what came of late, by intervals, and what came in all. Timers are in milliseconds. */
export class MeasuredMetrics implements Metrics {
  readonly #clock: Clock;
  readonly #first: number;
  readonly #counters = new SeriesTable("counter");
  readonly #samples = new SeriesTable("sample");
  readonly #looks = new Set<() => Iterable<Gauge>>();
  readonly #listeners = new Set<MetricsListener>();
  /** By the full name; undefined when all are shown. */
  #isShown: ((name: string) => boolean) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#first = this.interval;
  }

  count(name: MetricName, by = 1, labels?: Labels): void {
    const series = this.#counters.of(name, labels);
    this.#add(series, by);
    for (const listener of this.#listenersTo(series)) listener.counted(series, by);
  }

  time(name: MetricName, took: Duration): void {
    this.sample(name, inMilliseconds(took));
  }

  sample(name: MetricName, value: number): void {
    const series = this.#samples.of(name);
    this.#add(series, value);
    for (const listener of this.#listenersTo(series)) listener.measured(series, value);
  }

  observe(look: () => Iterable<Gauge>): () => void {
    const own = () => look();
    this.#looks.add(own);
    return () => this.#looks.delete(own);
  }

  /** From now on only names that `filter` lets pass are shown and listened to; all are measured. */
  filter(filter: NameFilter): void {
    this.#isShown = shownBy(filter);
  }

  listen(listener: MetricsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The number of the interval that runs. */
  get interval(): number {
    return Math.floor(this.#clock.now() / interval);
  }

  /** The latest that is over; the one that runs, if none is yet. */
  get latest(): number {
    return Math.max(this.#first, this.interval - 1);
  }

  /** The time of day at which an interval began, in whole intervals. */
  startOf(number: number): Instant {
    const running = Math.floor(this.#clock.wallTime() / interval);
    return instantOf((running - (this.interval - number)) * interval);
  }

  /** The time of day at a moment of the clock. */
  timeOfDay(when: Instant): Instant {
    return earlier(this.#clock.wallTime(), between(when, this.#clock.now()));
  }

  counters(): readonly Series[] {
    return this.#shown(this.#counters.all());
  }

  samples(): readonly Series[] {
    return this.#shown(this.#samples.all());
  }

  /** Hands all gauges, as they are now, to `take`; in turns, for there may be very many. */
  gauges(take: (gauge: Gauge) => void): Promise<void> {
    return inTurns(this.#clock, this.#taken(take));
  }

  *#taken(take: (gauge: Gauge) => void): Steps<void> {
    for (const look of [...this.#looks]) {
      for (const gauge of look()) {
        if (this.#isShown?.(fullName(gauge.name)) !== false) take(gauge);
        yield;
      }
    }
  }

  #shown(all: readonly Series[]): readonly Series[] {
    const isShown = this.#isShown;
    return isShown === undefined ? all : all.filter(({ name }) => isShown(name));
  }

  #listenersTo({ name }: Series): Iterable<MetricsListener> {
    return this.#listeners.size === 0 || this.#isShown?.(name) === false ? [] : this.#listeners;
  }

  #add(series: Series, value: number): void {
    const now = this.#clock.now();
    series.add(value, Math.floor(now / interval), now);
  }
}
