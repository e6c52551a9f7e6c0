import { type Duration, dictionary } from "../base/index.ts";
import type { ResourceUsage, TaskUsage } from "../model/index.ts";
import type { Clock, Processes, SupervisedProcess } from "../runtime/index.ts";
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

/** Samples of a program by its tree of processes. */
export function processSamples(
  { clock, processes }: { readonly clock: Clock; readonly processes: Processes },
  supervised: SupervisedProcess,
  { every, coreMHz }: StatsOptions,
  signal: AbortSignal,
): AsyncIterable<TaskUsage> {
  let meters = new Map<number, CpuMeter>();
  const tree = processes.tree(supervised.pid);
  const take = async (): Promise<TaskUsage | undefined> => {
    const found = tree.usage();
    if (found.length === 0) return undefined;
    const now = clock.now();
    // Meters of processes that have gone are dropped with the old map.
    const current = new Map<number, CpuMeter>();
    const Pids = dictionary<ResourceUsage>();
    for (const usage of found) {
      const meter = meters.get(usage.pid) ?? new CpuMeter(coreMHz);
      current.set(usage.pid, meter);
      Pids[usage.pid] = processUsage(usage, meter.measure(now, usage));
    }
    meters = current;
    return { ResourceUsage: summedUsage(Object.values(Pids)), Timestamp: clock.wallTime(), Pids };
  };
  return sampled(clock, take, { every, ended: supervised.exited, signal });
}

/** Samples of a program by what its control group counts. */
export function groupSamples(
  { clock }: { readonly clock: Clock },
  supervised: SupervisedProcess,
  { every, coreMHz }: StatsOptions,
  signal: AbortSignal,
): AsyncIterable<TaskUsage> {
  const meter = new CpuMeter(coreMHz);
  const take = async (): Promise<TaskUsage | undefined> => {
    const group = await supervised.groupUsage();
    if (group === undefined) return undefined;
    const now = clock.now();
    return {
      ResourceUsage: groupResourceUsage(group, meter.measure(now, group)),
      Timestamp: clock.wallTime(),
      Pids: dictionary(),
    };
  };
  return sampled(clock, take, { every, ended: supervised.exited, signal });
}
