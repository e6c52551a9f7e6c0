import { between, type Duration, type Instant } from "../base/index.ts";
import type { ResourceUsage } from "../model/index.ts";
import type { GroupUsage, ProcessUsage } from "../runtime/index.ts";

const basicMeasured = { memory: ["RSS", "Swap"], cpu: ["System Mode", "User Mode", "Percent"] };
const groupMeasured = {
  memory: ["RSS", "Cache", "Swap", "Max Usage", "Kernel Usage", "Kernel Max Usage"],
  cpu: ["System Mode", "User Mode", "Throttled Periods", "Throttled Time", "Percent"],
};

/** CPU time spent since something began, in both modes. */
export interface CpuTimes {
  readonly userTime: Duration;
  readonly systemTime: Duration;
}

interface CpuShares {
  readonly SystemMode: number;
  readonly UserMode: number;
  readonly Percent: number;
  readonly TotalTicks: number;
}

/** Turns CPU times into shares of the time between two samples. The first sample of anything has share 0. */
export class CpuMeter {
  readonly #coreMHz: number;
  #last: { readonly at: Instant; readonly times: CpuTimes } | undefined;

  constructor(coreMHz: number) {
    this.#coreMHz = coreMHz;
  }

  measure(at: Instant, times: CpuTimes): CpuShares {
    const last = this.#last ?? { at, times };
    this.#last = { at, times };
    const elapsed = between(last.at, at);
    const percent = (spent: number) => (elapsed > 0 && spent > 0 ? (spent / elapsed) * 100 : 0);
    const SystemMode = percent(times.systemTime - last.times.systemTime);
    const UserMode = percent(times.userTime - last.times.userTime);
    const Percent = SystemMode + UserMode;
    return { SystemMode, UserMode, Percent, TotalTicks: (Percent / 100) * this.#coreMHz };
  }
}

/** Usage of one process. */
export function processUsage(measured: ProcessUsage, shares: CpuShares): ResourceUsage {
  return {
    MemoryStats: { ...noMemory, RSS: measured.residentBytes, Swap: measured.swapBytes, Measured: basicMeasured.memory },
    CpuStats: { ...noThrottling, ...shares, Measured: basicMeasured.cpu },
    DeviceStats: [],
  };
}

/** Usage of a task as the sum over its processes. */
export function summedUsage(processes: readonly ResourceUsage[]): ResourceUsage {
  const sum = (pick: (usage: ResourceUsage) => number) => processes.reduce((total, usage) => total + pick(usage), 0);
  return {
    MemoryStats: {
      ...noMemory,
      RSS: sum(({ MemoryStats }) => MemoryStats.RSS),
      Swap: sum(({ MemoryStats }) => MemoryStats.Swap),
      Measured: basicMeasured.memory,
    },
    CpuStats: {
      ...noThrottling,
      SystemMode: sum(({ CpuStats }) => CpuStats.SystemMode),
      UserMode: sum(({ CpuStats }) => CpuStats.UserMode),
      Percent: sum(({ CpuStats }) => CpuStats.Percent),
      TotalTicks: sum(({ CpuStats }) => CpuStats.TotalTicks),
      Measured: basicMeasured.cpu,
    },
    DeviceStats: [],
  };
}

/** Usage of a task by the count of its control group. */
export function groupResourceUsage(group: GroupUsage, shares: CpuShares): ResourceUsage {
  return {
    MemoryStats: {
      RSS: group.residentBytes,
      Cache: group.cacheBytes,
      Swap: group.swapBytes,
      Usage: group.usageBytes,
      MaxUsage: group.maxUsageBytes,
      KernelUsage: group.kernelBytes,
      KernelMaxUsage: group.kernelMaxBytes,
      Measured: groupMeasured.memory,
    },
    CpuStats: {
      ...shares,
      ThrottledPeriods: group.throttledPeriods,
      ThrottledTime: group.throttledTime,
      Measured: groupMeasured.cpu,
    },
    DeviceStats: [],
  };
}

const noMemory = { RSS: 0, Cache: 0, Swap: 0, Usage: 0, MaxUsage: 0, KernelUsage: 0, KernelMaxUsage: 0 };
const noThrottling = { ThrottledPeriods: 0, ThrottledTime: 0 };
