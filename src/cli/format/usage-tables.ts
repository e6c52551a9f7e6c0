import type { ResourceUsage } from "../../model/index.ts";
import { byteSize, percentage } from "./quantities.ts";
import { columns } from "./table.ts";

/** Memory and CPU of a task in detail, as far as its driver measures them. */
export function usageTables({ MemoryStats, CpuStats }: ResourceUsage): readonly string[] {
  const memory = measured(MemoryStats.Measured, {
    RSS: byteSize(MemoryStats.RSS),
    Cache: byteSize(MemoryStats.Cache),
    Swap: byteSize(MemoryStats.Swap),
    Usage: byteSize(MemoryStats.Usage),
    "Max Usage": byteSize(MemoryStats.MaxUsage),
    "Kernel Usage": byteSize(MemoryStats.KernelUsage),
    "Kernel Max Usage": byteSize(MemoryStats.KernelMaxUsage),
  });
  const cpu = measured(CpuStats.Measured, {
    Percent: percentage(CpuStats.Percent),
    "System Mode": percentage(CpuStats.SystemMode),
    "User Mode": percentage(CpuStats.UserMode),
    "Throttled Periods": String(CpuStats.ThrottledPeriods),
    "Throttled Time": String(CpuStats.ThrottledTime),
  });
  return [
    ...(memory === undefined ? [] : [`Memory Stats\n${memory}`]),
    ...(cpu === undefined ? [] : [`CPU Stats\n${cpu}`]),
  ];
}

function measured(names: readonly string[] | null, values: Readonly<Record<string, string>>): string | undefined {
  const known = [...(names ?? [])].sort().filter((name) => Object.hasOwn(values, name));
  return known.length === 0 ? undefined : columns([known, known.map((name) => values[name]!)]);
}
