import { dictionary, type Instant } from "../base/index.ts";
import type { ResourceUsage } from "../model/index.ts";
import type { Clock, Processes, ProcessTree, SupervisedProcess } from "../runtime/index.ts";
import type { UsageMeter } from "./driver.ts";
import { CpuMeter, groupResourceUsage, processUsage, summedUsage } from "./usage.ts";

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
    for (const usage of this.#tree.usage(this.#without)) {
      const meter = this.#meters.get(usage.pid) ?? new CpuMeter(this.#coreMHz);
      current.set(usage.pid, meter);
      usages[usage.pid] = processUsage(usage, meter.measure(now, usage));
    }
    this.#meters = current;
    return usages;
  }
}

/** Measures a program by its tree of processes. */
export function processMeter(
  { clock, processes }: { readonly clock: Clock; readonly processes: Processes },
  { pid }: SupervisedProcess,
  coreMHz: number,
): UsageMeter {
  const meters = new ProcessMeters(processes.tree(pid), { coreMHz });
  return async () => {
    const Pids = meters.measure(clock.now());
    const usages = Object.values(Pids);
    if (usages.length === 0) return undefined;
    return { ResourceUsage: summedUsage(usages), Timestamp: clock.wallTime(), Pids };
  };
}

/** Measures a program by what its control group counts. The supervised process isolates the task, and is not its own. */
export function groupMeter(
  { clock, processes }: { readonly clock: Clock; readonly processes: Processes },
  supervised: SupervisedProcess,
  coreMHz: number,
): UsageMeter {
  const { pid } = supervised;
  const meter = new CpuMeter(coreMHz);
  const meters = new ProcessMeters(processes.tree(pid), { coreMHz, without: pid });
  return untilEnded(supervised.exited, async () => {
    const group = await supervised.groupUsage();
    if (group === undefined) return undefined;
    const now = clock.now();
    return {
      ResourceUsage: groupResourceUsage(group, meter.measure(now, group)),
      Timestamp: clock.wallTime(),
      Pids: meters.measure(now),
    };
  });
}

/** For what can be measured for a while longer than the task lives. */
export function untilEnded(ended: Promise<unknown>, measure: UsageMeter): UsageMeter {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  return async () => {
    const usage = hasEnded ? undefined : await measure();
    return hasEnded ? undefined : usage;
  };
}
