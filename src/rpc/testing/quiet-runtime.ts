import type { Clock, Log, LogFields } from "../../runtime/index.ts";
import { ManualClock, type Metrics, type Network, type Runtime } from "../../runtime/index.ts";

/** What calls need of a runtime, with a log that a test can read. */
export interface QuietRuntime extends Pick<Runtime, "clock" | "network" | "log" | "metrics"> {
  /** Warnings, in order, each as its phrase and fields. */
  readonly warnings: readonly (readonly [phrase: string, fields: LogFields])[];
}

export function quietRuntime(network: Network, clock: Clock = new ManualClock()): QuietRuntime {
  const warnings: [string, LogFields][] = [];
  const ignored = () => {};
  const log: Log = {
    trace: ignored,
    debug: ignored,
    info: ignored,
    warn: (phrase, fields = {}) => void warnings.push([phrase, fields]),
    error: ignored,
    named: () => log,
  };
  const metrics: Metrics = { count: ignored, gauge: ignored, time: ignored };
  return { clock, network, log, metrics, warnings };
}
