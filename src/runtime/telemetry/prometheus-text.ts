import type { Labels } from "../metrics.ts";
import type { MeasuredMetrics } from "./measured-metrics.ts";
import { fullName, type Series } from "./series.ts";

const quantiles = [0.5, 0.9, 0.99];

const helps = {
  gauge: "as it is now",
  counter: "since the agent began",
  summary: "the quantiles of late; times are in milliseconds",
};

export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Everything that is measured in Prometheus' text format, version 0.0.4, one piece a family. Counters and summaries go on
 * from the agent's beginning; quantiles are those of the last ten to twenty seconds. `labels` are put on everything.
 */
export async function prometheusText(metrics: MeasuredMetrics, labels: Labels): Promise<readonly string[]> {
  const families = new Map<string, string[]>();
  const headOf = new Map<readonly string[], { readonly name: string; readonly lines: string[] }>();
  const common = labelTexts(labels);
  const familyOf = (full: string, kind: keyof typeof helps) => {
    const name = prometheusName(full);
    const lines = families.get(name) ?? [`# HELP ${name} ${full}, ${helps[kind]}\n# TYPE ${name} ${kind}\n`];
    families.set(name, lines);
    return { name, lines };
  };
  await metrics.gauges((gauge) => {
    const family = headOf.get(gauge.name) ?? familyOf(fullName(gauge.name), "gauge");
    headOf.set(gauge.name, family);
    const all = gauge.labels === undefined ? common : [...labelTexts(gauge.labels), ...common];
    family.lines.push(`${family.name}${bracedLabels(all)} ${numberText(gauge.value)}\n`);
  });
  for (const series of metrics.counters()) {
    const { name, lines } = familyOf(series.name, "counter");
    const all = series.labels === undefined ? common : [...labelTexts(series.labels), ...common];
    lines.push(`${name}${bracedLabels(all)} ${numberText(series.sum)}\n`);
  }
  for (const series of metrics.samples()) {
    const { name, lines } = familyOf(series.name, "summary");
    lines.push(...summaryLines(name, series, metrics.interval, common));
  }
  return [...families].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lines]) => lines.join(""));
}

function* summaryLines(name: string, series: Series, interval: number, common: readonly string[]): Iterable<string> {
  for (const q of quantiles) {
    const value = series.distribution?.quantile(q, interval) ?? Number.NaN;
    yield `${name}${bracedLabels([...common, `quantile="${q}"`])} ${numberText(value)}\n`;
  }
  yield `${name}_sum${bracedLabels(common)} ${numberText(series.sum)}\n`;
  yield `${name}_count${bracedLabels(common)} ${series.count}\n`;
}

function prometheusName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:]/g, "_");
}

function labelTexts(labels: Labels): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
}

function bracedLabels(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `{${texts.join(",")}}`;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`)) : value;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
