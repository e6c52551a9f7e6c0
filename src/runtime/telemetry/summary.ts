import type { Labels } from "../metrics.ts";
import { timeText } from "./dump.ts";
import { interval, type MeasuredMetrics } from "./measured-metrics.ts";
import { deviationOf, fullName, type Series } from "./series.ts";

/** What all series have come to, as 1.x shows it. */
export interface MetricsSummary {
  readonly Timestamp: string;
  readonly Gauges: readonly GaugeValue[];
  readonly Points: readonly [];
  readonly Counters: readonly SampledValue[];
  readonly Samples: readonly SampledValue[];
}

interface GaugeValue {
  readonly Name: string;
  readonly Value: number;
  readonly Labels: Labels;
}

interface SampledValue {
  readonly Name: string;
  readonly Count: number;
  /** The sum for each second. */
  readonly Rate: number;
  readonly Sum: number;
  readonly Min: number;
  readonly Max: number;
  readonly Mean: number;
  readonly Stddev: number;
  readonly Labels: Labels;
}

/** What came in the last interval that is over, or, before that, in the first; the gauges as they are now. `labels` are put on everything. */
export async function metricsSummary(metrics: MeasuredMetrics, labels: Labels): Promise<MetricsSummary> {
  const last = metrics.latest;
  const gauges = new Map<string, GaugeValue[]>();
  await metrics.gauges(({ name, value, labels: own }) => {
    const Name = fullName(name);
    const known = gauges.get(Name) ?? [];
    known.push({ Name, Value: value, Labels: own === undefined ? labels : { ...own, ...labels } });
    gauges.set(Name, known);
  });
  return {
    Timestamp: timeText(metrics.startOf(last)),
    Gauges: [...gauges].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, values]) => values),
    Points: [],
    Counters: valuesIn(metrics.counters(), last, labels),
    Samples: valuesIn(metrics.samples(), last, labels),
  };
}

function valuesIn(all: readonly Series[], number: number, labels: Labels): readonly SampledValue[] {
  return all
    .flatMap((series) => {
      const aggregate = series.in(number);
      if (aggregate === undefined) return [];
      const { count, sum, min, max } = aggregate;
      return [
        {
          Name: series.name,
          Count: count,
          Rate: sum / (interval / 1e9),
          Sum: sum,
          Min: min,
          Max: max,
          Mean: sum / count,
          Stddev: deviationOf(aggregate),
          Labels: series.labels === undefined ? labels : { ...series.labels, ...labels },
        },
      ];
    })
    .sort((a, b) => (a.Name < b.Name ? -1 : 1));
}
