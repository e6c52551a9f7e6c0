import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cluster } from "./cluster.ts";
import { eventually } from "./nomad.ts";

/** What an agent's process has been through since it was asked before; times in milliseconds. */
export interface Probe {
  /** The longest turn of its event loop, as processor time. */
  readonly longestStall: number;
  /** Timers that run. */
  readonly timers: number;
  readonly rss: number;
}

/** The environment of agents that can be probed; what they write goes into `directory`. */
export function probed(directory: string): Readonly<Record<string, string>> {
  const program = fileURLToPath(new URL("./process-probe.ts", import.meta.url));
  return {
    NODE_OPTIONS: `--import=file://${program} --disable-warning=ExperimentalWarning`,
    PROCESS_PROBE: join(directory, "probe"),
  };
}

export function probe(cluster: Cluster, agent: string, directory: string): Promise<Probe> {
  return probeOf(cluster.pid(agent), directory);
}

export async function probeOf(pid: number, directory: string): Promise<Probe> {
  const file = join(directory, `probe.${pid}`);
  await rm(file, { force: true });
  process.kill(pid, "SIGUSR2");
  return eventually(`process ${pid} says what it has been through`, async () => {
    const text = await readFile(file, "utf8").catch(() => "");
    return text.endsWith("}") ? (JSON.parse(text) as Probe) : undefined;
  });
}
