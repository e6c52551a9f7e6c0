import { type Duration, dictionary, type Instant } from "../base/index.ts";
import type { ResourceUsage, TaskUsage } from "../model/index.ts";
import type { Clock, Processes, ProcessTree, SupervisedProcess } from "../runtime/index.ts";
import type { StatsOptions } from "./driver.ts";
import { CpuMeter, groupResourceUsage, processUsage, summedUsage } from "./usage.ts";

/** What `take` tells, at once and then every so often, until `ended` resolves or `signal` fires. */
export async function* sampled<Sample>(
  clock: Clock,
  take: () => Promise<Sample | undefined>,
  until: { readonly every: Duration; readonly ended: Promise<unknown>; readonly signal: AbortSignal },
): AsyncGenerator<Sample> {
  const over = new AbortController();
  const end = () => over.abort();
  until.ended.finally(end);
  until.signal.addEventListener("abort", end);
  if (until.signal.aborted) end();
  try {
    while (!over.signal.aborted) {
      const sample = await take();
      if (sample !== undefined) yield sample;
      await clock.sleep(until.every, over.signal).catch(() => {});
    }
  } finally {
    until.signal.removeEventListener("abort", end);
  }
}

/** Usage of each process of a tree, by its number. */
export class ProcessMeters {
  readonly #tree: ProcessTree;
  readonly #coreMHz: number;
  readonly #without: number | undefined;
  #meters = new Map<number, CpuMeter>();

  /** `without` is the number of one that is not the task's own. */
  constructor(tree: ProcessTree, { coreMHz, without }: { readonly coreMHz: number; readonly without?: number }) {
    this.#tree = tree;
    this.#coreMHz = coreMHz;
    this.#without = without;
  }

  measure(now: Instant): Record<string, ResourceUsage> {
    // Meters of processes that have gone are dropped with the old map.
    const current = new Map<number, CpuMeter>();
    const usages = dictionary<ResourceUsage>();
    for (const usage of this.#tree.usage()) {
      if (usage.pid === this.#without) continue;
      const meter = this.#meters.get(usage.pid) ?? new CpuMeter(this.#coreMHz);
      current.set(usage.pid, meter);
      usages[usage.pid] = processUsage(usage, meter.measure(now, usage));
    }
    this.#meters = current;
    return usages;
  }
}

/** Samples of a program by its tree of processes. */
export function processSamples(
  { clock, processes }: { readonly clock: Clock; readonly processes: Processes },
  supervised: SupervisedProcess,
  { every, coreMHz }: StatsOptions,
  signal: AbortSignal,
): AsyncIterable<TaskUsage> {
  const meters = new ProcessMeters(processes.tree(supervised.pid), { coreMHz });
  const take = async (): Promise<TaskUsage | undefined> => {
    const Pids = meters.measure(clock.now());
    const usages = Object.values(Pids);
    if (usages.length === 0) return undefined;
    return { ResourceUsage: summedUsage(usages), Timestamp: clock.wallTime(), Pids };
  };
  return sampled(clock, take, { every, ended: supervised.exited, signal });
}

/** Samples of a program by what its control group counts. The supervised process isolates the task, and is not its own. */
export function groupSamples(
  { clock, processes }: { readonly clock: Clock; readonly processes: Processes },
  supervised: SupervisedProcess,
  { every, coreMHz }: StatsOptions,
  signal: AbortSignal,
): AsyncIterable<TaskUsage> {
  const meter = new CpuMeter(coreMHz);
  const meters = new ProcessMeters(processes.tree(supervised.pid), { coreMHz, without: supervised.pid });
  const take = async (): Promise<TaskUsage | undefined> => {
    const group = await supervised.groupUsage();
    if (group === undefined) return undefined;
    const now = clock.now();
    return {
      ResourceUsage: groupResourceUsage(group, meter.measure(now, group)),
      Timestamp: clock.wallTime(),
      Pids: meters.measure(now),
    };
  };
  return sampled(clock, take, { every, ended: supervised.exited, signal });
}
