import type { Dictionary } from "../../base/index.ts";

/** Memory in bytes; `Measured` names what the driver can tell. */
export interface MemoryStats {
  readonly RSS: number;
  readonly Cache: number;
  readonly Swap: number;
  readonly Usage: number;
  readonly MaxUsage: number;
  readonly KernelUsage: number;
  readonly KernelMaxUsage: number;
  readonly Measured: readonly string[];
}

/** CPU in percent of one core; `TotalTicks` in MHz. */
export interface CpuStats {
  readonly SystemMode: number;
  readonly UserMode: number;
  readonly TotalTicks: number;
  readonly Percent: number;
  readonly ThrottledPeriods: number;
  readonly ThrottledTime: number;
  readonly Measured: readonly string[];
}

export interface ResourceUsage {
  readonly MemoryStats: MemoryStats;
  readonly CpuStats: CpuStats;
  readonly DeviceStats: readonly unknown[];
}

/** Usage of one task, and of each of its processes by process id; `Timestamp` in nanoseconds. */
export interface TaskUsage {
  readonly ResourceUsage: ResourceUsage;
  readonly Timestamp: number;
  readonly Pids: Readonly<Dictionary<ResourceUsage>>;
}

/** Usage of an allocation: the sum, and each running task's. */
export interface AllocationUsage {
  readonly ResourceUsage: ResourceUsage;
  readonly Tasks: Readonly<Dictionary<TaskUsage>>;
  readonly Timestamp: number;
}
