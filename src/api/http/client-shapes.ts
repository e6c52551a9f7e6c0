/** A file or directory of an allocation. `FileMode` as `ls -l` prints it, `ModTime` in RFC 3339 with nanoseconds. */
export interface FileInfo {
  readonly Name: string;
  readonly IsDir: boolean;
  readonly Size: number;
  readonly FileMode: string;
  readonly ModTime: string;
  /** What the content looks like; known of files that `stat` was asked for. */
  readonly ContentType?: string;
}

/** Where reading starts: so many bytes from the start, or back from the end. */
export type Origin = "start" | "end";

/** What went into one object of a stream: bytes of a file, or something that happened to it. An empty one is a heartbeat. */
export interface StreamFrame {
  /** Base64. */
  readonly Data?: string;
  readonly File?: string;
  readonly FileEvent?: "file deleted" | "file truncated";
  /** Where in the file the first chunk of `Data` ends. */
  readonly Offset?: number;
}

/** Sizes in bytes, shares in percent. */
export interface DiskStats {
  readonly Device: string;
  readonly Mountpoint: string;
  readonly Size: number;
  readonly Used: number;
  readonly Available: number;
  readonly UsedPercent: number;
  readonly InodesUsedPercent: number;
}

/** How busy a client's machine is. Memory in bytes, CPU shares in percent, `Uptime` in seconds, `Timestamp` in nanoseconds. */
export interface HostStats {
  readonly Memory: {
    readonly Total: number;
    readonly Available: number;
    readonly Used: number;
    readonly Free: number;
  };
  readonly CPU: readonly {
    readonly CPU: string;
    readonly User: number;
    readonly System: number;
    readonly Idle: number;
    readonly Total: number;
  }[];
  readonly DiskStats: readonly DiskStats[];
  readonly AllocDirStats: DiskStats | null;
  readonly DeviceStats: readonly (NonNullable<unknown> | null)[];
  readonly Uptime: number;
  readonly Timestamp: number;
  /** MHz. */
  readonly CPUTicksConsumed: number;
}
