import { type Duration, type Instant, inMilliseconds, instantOf, seconds } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import type { Metrics } from "../metrics.ts";

/** One span over which samples are gathered. */
const interval = seconds(10);
/** Finished intervals that are kept, besides the running one: a minute. */
const keptIntervals = 6;

/** Samples of one name in one interval. */
interface Aggregate {
  count: number;
  sum: number;
  sumOfSquares: number;
  min: number;
  max: number;
  lastUpdated: Instant;
}

interface Interval {
  readonly start: Instant;
  /** The time of day when it began, in whole intervals. */
  readonly shownStart: Instant;
  readonly gauges: Map<string, number>;
  readonly counters: Map<string, Aggregate>;
  readonly samples: Map<string, Aggregate>;
}

/** Counts in memory, for a minute. Timers are in milliseconds. */
export class MemoryMetrics implements Metrics {
  readonly #clock: Clock;
  readonly #intervals: Interval[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(name: readonly string[], by = 1): void {
    gather(this.#current().counters, name, by, this.#clock.wallTime());
  }

  gauge(name: readonly string[], value: number): void {
    this.#current().gauges.set(fullName(name), value);
  }

  time(name: readonly string[], took: Duration): void {
    gather(this.#current().samples, name, inMilliseconds(took), this.#clock.wallTime());
  }

  /** The finished intervals as text, one line a value, as Nomad 0.4.1 answers SIGUSR1. */
  dump(): string {
    this.#current();
    return this.#intervals.slice(0, -1).flatMap(intervalLines).join("");
  }

  #current(): Interval {
    const start = wholeIntervals(this.#clock.now());
    const last = this.#intervals.at(-1);
    if (last?.start === start) return last;
    const shownStart = wholeIntervals(this.#clock.wallTime());
    const begun: Interval = { start, shownStart, gauges: new Map(), counters: new Map(), samples: new Map() };
    this.#intervals.push(begun);
    if (this.#intervals.length > keptIntervals + 1) this.#intervals.shift();
    return begun;
  }
}

function wholeIntervals(when: Instant): Instant {
  return instantOf(Math.floor(when / interval) * interval);
}

/** Every name begins with the program's, also those that already begin with the server's, which is the same word. */
function fullName(name: readonly string[]): string {
  return `nomad.${name.join(".")}`;
}

function gather(aggregates: Map<string, Aggregate>, name: readonly string[], value: number, now: Instant): void {
  const key = fullName(name);
  const known = aggregates.get(key);
  if (known === undefined) {
    const first = { count: 1, sum: value, sumOfSquares: value ** 2, min: value, max: value, lastUpdated: now };
    aggregates.set(key, first);
    return;
  }
  known.count += 1;
  known.sum += value;
  known.sumOfSquares += value ** 2;
  known.min = Math.min(known.min, value);
  known.max = Math.max(known.max, value);
  known.lastUpdated = now;
}

function intervalLines({ shownStart, gauges, counters, samples }: Interval): string[] {
  const line = (kind: string, name: string, text: string) => `[${timeText(shownStart)}][${kind}] '${name}': ${text}\n`;
  return [
    ...[...gauges].map(([name, value]) => line("G", name, value.toFixed(3))),
    ...[...counters].map(([name, aggregate]) => line("C", name, aggregateText(aggregate))),
    ...[...samples].map(([name, aggregate]) => line("S", name, aggregateText(aggregate))),
  ];
}

/** Values that are all the same are told by their count and sum. */
function aggregateText({ count, sum, sumOfSquares, min, max, lastUpdated }: Aggregate): string {
  const updated = `LastUpdated: ${timeText(lastUpdated)}`;
  if (min === max) return `Count: ${count} Sum: ${sum.toFixed(3)} ${updated}`;
  const deviation = Math.sqrt(Math.max(0, (count * sumOfSquares - sum ** 2) / (count * (count - 1))));
  const spread = `Min: ${min.toFixed(3)} Mean: ${(sum / count).toFixed(3)} Max: ${max.toFixed(3)}`;
  return `Count: ${count} ${spread} Stddev: ${deviation.toFixed(3)} Sum: ${sum.toFixed(3)} ${updated}`;
}

/** `2026-11-22 09:07:50.123456 +0000 UTC`, without a fraction where it is zero. */
function timeText(when: Instant): string {
  const microseconds = Math.floor(when / 1e3) % 1e6;
  const [day, time] = new Date(when / 1e6).toISOString().split(/[T.]/);
  const fraction = microseconds === 0 ? "" : `.${String(microseconds).padStart(6, "0")}`;
  return `${day} ${time}${fraction} +0000 UTC`;
}
