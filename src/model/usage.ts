/**
 * What a task or a part of it uses. Memory in bytes; CPU in percent of one core, so that a task on two may reach 200;
 * `TotalTicks` in MHz; `ThrottledTime` in nanoseconds. `Measured` names what is known.
 */
export interface ResourceUsage {
  readonly MemoryStats: {
    readonly RSS: number;
    readonly Cache: number;
    readonly Swap: number;
    readonly Usage: number;
    readonly MaxUsage: number;
    readonly KernelUsage: number;
    readonly KernelMaxUsage: number;
    readonly Measured: readonly string[];
  };
  readonly CpuStats: {
    readonly SystemMode: number;
    readonly UserMode: number;
    readonly TotalTicks: number;
    readonly ThrottledPeriods: number;
    readonly ThrottledTime: number;
    readonly Percent: number;
    readonly Measured: readonly string[];
  };
  readonly DeviceStats: readonly (NonNullable<unknown> | null)[];
}

/** A sample of a task. `Timestamp` in nanoseconds since the epoch; `Pids` by process id, where a driver tells them apart. */
export interface TaskUsage {
  readonly ResourceUsage: ResourceUsage;
  readonly Timestamp: number;
  readonly Pids: Readonly<Record<string, ResourceUsage>>;
}

/** What an allocation uses, all together and by task. Tasks that do not run are absent. */
export interface AllocationUsage {
  readonly ResourceUsage: ResourceUsage;
  readonly Tasks: Readonly<Record<string, TaskUsage>>;
  readonly Timestamp: number;
}
