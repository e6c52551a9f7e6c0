import { dictionary } from "../../base/index.ts";
import type { AllocationUsage, ResourceUsage, TaskUsage } from "../../model/index.ts";

/** The usage of an allocation as the sum over its tasks; what any of them measures counts as measured. */
export function allocationUsage(tasks: ReadonlyMap<string, TaskUsage>, now: number): AllocationUsage {
  const usages = [...tasks.values()];
  return {
    ResourceUsage: summed(usages.map((task) => task.ResourceUsage)),
    Tasks: dictionary(tasks),
    Timestamp: Math.max(0, ...usages.map((task) => task.Timestamp)) || now,
  };
}

function summed(usages: readonly ResourceUsage[]): ResourceUsage {
  const memory = (name: Exclude<keyof ResourceUsage["MemoryStats"], "Measured">) =>
    usages.reduce((sum, { MemoryStats }) => sum + MemoryStats[name], 0);
  const cpu = (name: Exclude<keyof ResourceUsage["CpuStats"], "Measured">) =>
    usages.reduce((sum, { CpuStats }) => sum + CpuStats[name], 0);
  return {
    MemoryStats: {
      RSS: memory("RSS"),
      Cache: memory("Cache"),
      Swap: memory("Swap"),
      Usage: memory("Usage"),
      MaxUsage: memory("MaxUsage"),
      KernelUsage: memory("KernelUsage"),
      KernelMaxUsage: memory("KernelMaxUsage"),
      Measured: [...new Set(usages.flatMap(({ MemoryStats }) => MemoryStats.Measured))],
    },
    CpuStats: {
      SystemMode: cpu("SystemMode"),
      UserMode: cpu("UserMode"),
      TotalTicks: cpu("TotalTicks"),
      ThrottledPeriods: cpu("ThrottledPeriods"),
      ThrottledTime: cpu("ThrottledTime"),
      Percent: cpu("Percent"),
      Measured: [...new Set(usages.flatMap(({ CpuStats }) => CpuStats.Measured))],
    },
    DeviceStats: [],
  };
}
