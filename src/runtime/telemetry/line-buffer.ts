import type { Gauge, Labels } from "../metrics.ts";
import type { MetricsListener } from "./measured-metrics.ts";
import { fullName, type Series } from "./series.ts";

/** Values that wait to be sent; what comes beyond is left out. */
const mostMeasured = 4096;

/**
 * What came since it was last sent, as lines of statsd: `nomad.raft.apply:3.000000|c`. What was counted is added up; of what
 * was measured each value goes, for the receiver makes quantiles of them.
 */
export class LineBuffer implements MetricsListener {
  #counted = new Map<Series, number>();
  #measured: { readonly series: Series; readonly value: number }[] = [];

  counted(series: Series, by: number): void {
    this.#counted.set(series, (this.#counted.get(series) ?? 0) + by);
  }

  measured(series: Series, value: number): void {
    if (this.#measured.length < mostMeasured) this.#measured.push({ series, value });
  }

  take(): string[] {
    const lines = [...this.#counted].map(([{ name, labels }, sum]) => {
      return line([name, ...labelValues(labels)].join("."), sum, "c");
    });
    for (const { series, value } of this.#measured) lines.push(line(series.name, value, "ms"));
    this.#counted = new Map();
    this.#measured = [];
    return lines;
  }
}

/** A gauge has the host in its name, after the program's, for all hosts send to one place. Labels stand at its end. */
export function gaugeLine({ name, value, labels }: Gauge, host: string | undefined): string {
  const full = fullName(host === undefined ? name : [host, ...name]);
  return line([full, ...labelValues(labels)].join("."), value, "g");
}

function labelValues(labels: Labels | undefined): readonly string[] {
  return labels === undefined ? [] : Object.values(labels);
}

function line(name: string, value: number, kind: "c" | "g" | "ms"): string {
  return `${name.replace(/[\s:|]/g, "_")}:${value.toFixed(6)}|${kind}\n`;
}
