import {
  type Clock,
  type LogFields,
  logInto,
  ManualClock,
  type Network,
  type Runtime,
  unmeasured,
} from "../../runtime/index.ts";

/** What calls need of a runtime, with a log that a test can read. */
export interface QuietRuntime extends Pick<Runtime, "clock" | "network" | "log" | "metrics"> {
  /** Warnings, in order, each as its phrase and fields. */
  readonly warnings: readonly (readonly [phrase: string, fields: LogFields])[];
}

export function quietRuntime(network: Network, clock: Clock = new ManualClock()): QuietRuntime {
  const warnings: [string, LogFields][] = [];
  const log = logInto(({ level, phrase, fields }) => {
    if (level === "WARN") warnings.push([phrase, fields]);
  });
  return { clock, network, log, metrics: unmeasured, warnings };
}
