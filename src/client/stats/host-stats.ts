/** The machine's memory in bytes. */
export interface HostMemory {
  readonly Total: number;
  readonly Available: number;
  readonly Used: number;
  readonly Free: number;
}

/** One core's time between two samples, in percent. */
export interface HostCPU {
  readonly CPU: string;
  readonly User: number;
  readonly System: number;
  readonly Idle: number;
  readonly Total: number;
}

/** A mounted file system; sizes in bytes. */
export interface HostDisk {
  readonly Device: string;
  readonly Mountpoint: string;
  readonly Size: number;
  readonly Used: number;
  readonly Available: number;
  readonly UsedPercent: number;
  readonly InodesUsedPercent: number;
}

/** A sample of the machine: `Uptime` in seconds, `Timestamp` in nanoseconds, `CPUTicksConsumed` in MHz. */
export interface HostStats {
  readonly Memory: HostMemory;
  readonly CPU: readonly HostCPU[];
  readonly DiskStats: readonly HostDisk[];
  /** The file system that holds the allocations. */
  readonly AllocDirStats: HostDisk;
  readonly DeviceStats: readonly unknown[];
  readonly Uptime: number;
  readonly Timestamp: number;
  readonly CPUTicksConsumed: number;
}
