import type { Instant } from "../../base/index.ts";
import type { Gauge } from "../metrics.ts";
import type { MeasuredMetrics } from "./measured-metrics.ts";
import { type Aggregate, deviationOf, fullName, type Series } from "./series.ts";

/** Finished intervals that are shown: a minute. */
const shownIntervals = 6;

/**
 * The finished intervals as text, one line a value, as Nomad 0.4.1 answers SIGUSR1. Gauges are not kept: they stand with
 * the last interval, as they are now.
 */
export async function metricsDump(metrics: MeasuredMetrics): Promise<string> {
  const running = metrics.interval;
  const lines: string[] = [];
  for (let number = running - shownIntervals; number < running; number++) {
    const at = `[${timeText(metrics.startOf(number))}]`;
    if (number === running - 1) await metrics.gauges((gauge) => lines.push(`${at}[G] ${gaugeText(gauge)}\n`));
    const timeOf = (when: Instant) => timeText(metrics.timeOfDay(when));
    lines.push(...seriesLines(metrics.counters(), number, `${at}[C]`, timeOf));
    lines.push(...seriesLines(metrics.samples(), number, `${at}[S]`, timeOf));
  }
  return lines.join("");
}

function gaugeText({ name, value, labels }: Gauge): string {
  return `'${[fullName(name), ...Object.values(labels ?? {})].join(".")}': ${value.toFixed(3)}`;
}

function seriesLines(
  all: readonly Series[],
  number: number,
  head: string,
  timeOf: (when: Instant) => string,
): string[] {
  return all.flatMap((series) => {
    const aggregate = series.in(number);
    return aggregate === undefined
      ? []
      : [
          `${head} '${[series.name, ...Object.values(series.labels ?? {})].join(".")}': ${aggregateText(aggregate, timeOf(aggregate.lastUpdated))}\n`,
        ];
  });
}

/** Values that are all the same are told by their count and sum. */
function aggregateText(aggregate: Aggregate, lastUpdated: string): string {
  const { count, sum, min, max } = aggregate;
  const updated = `LastUpdated: ${lastUpdated}`;
  if (min === max) return `Count: ${count} Sum: ${sum.toFixed(3)} ${updated}`;
  const spread = `Min: ${min.toFixed(3)} Mean: ${(sum / count).toFixed(3)} Max: ${max.toFixed(3)}`;
  return `Count: ${count} ${spread} Stddev: ${deviationOf(aggregate).toFixed(3)} Sum: ${sum.toFixed(3)} ${updated}`;
}

/** `2026-11-22 09:07:50.123456 +0000 UTC`, without a fraction where it is zero. */
export function timeText(when: Instant): string {
  const microseconds = Math.floor(when / 1e3) % 1e6;
  const [day, time] = new Date(when / 1e6).toISOString().split(/[T.]/);
  const fraction = microseconds === 0 ? "" : `.${String(microseconds).padStart(6, "0")}`;
  return `${day} ${time}${fraction} +0000 UTC`;
}
