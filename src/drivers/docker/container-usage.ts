import { nanoseconds } from "../../base/index.ts";
import type { ResourceUsage } from "../../model/index.ts";
import type { CpuMeter, CpuTimes } from "../usage.ts";
import type { ContainerStats } from "./engine.ts";

const measured = {
  memory: ["RSS", "Cache", "Swap", "Max Usage"],
  cpu: ["Throttled Periods", "Throttled Time", "Percent"],
};

/** The CPU time of a container. The engine tells it most exactly as a whole. */
export function cpuTimesOf({ cpu_stats }: ContainerStats): CpuTimes {
  return { userTime: nanoseconds(cpu_stats.cpu_usage.total_usage), systemTime: nanoseconds(0) };
}

/** Usage of a task by what the engine tells of its container; the kernel's names differ between cgroup v1 and v2. */
export function containerUsage(
  { cpu_stats, memory_stats }: ContainerStats,
  shares: ReturnType<CpuMeter["measure"]>,
): ResourceUsage {
  const { stats, usage, max_usage } = memory_stats;
  const { throttled_periods, throttled_time } = cpu_stats.throttling_data;
  return {
    MemoryStats: {
      RSS: stats.total_rss ?? stats.rss ?? stats.anon ?? 0,
      Cache: stats.total_cache ?? stats.cache ?? stats.file ?? 0,
      Swap: stats.total_swap ?? stats.swap ?? 0,
      Usage: usage,
      MaxUsage: max_usage,
      KernelUsage: 0,
      KernelMaxUsage: 0,
      Measured: measured.memory,
    },
    CpuStats: {
      SystemMode: 0,
      UserMode: 0,
      Percent: shares.Percent,
      TotalTicks: shares.TotalTicks,
      ThrottledPeriods: throttled_periods,
      ThrottledTime: throttled_time,
      Measured: measured.cpu,
    },
    DeviceStats: [],
  };
}
