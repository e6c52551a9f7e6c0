import type { AllocationID } from "../../model/index.ts";
import type { AllocationUsage } from "../stats/allocation-usage.ts";
import type { HostStats } from "../stats/host-stats.ts";

/** An entry of an allocation's directory, as `/v1/client/fs` shows it; `ModTime` in RFC 3339, `Size` in bytes. */
export interface FileInfo {
  readonly Name: string;
  readonly IsDir: boolean;
  readonly Size: number;
  /** As `ls` writes it: `drwxrwxrwx`. */
  readonly FileMode: string;
  readonly ModTime: string;
}

/**
 * A piece of a followed file. Without any field it is a heartbeat. `Offset` is the place in the file after the
 * first chunk that went into the frame. A frame never mixes files or events.
 */
export interface StreamFrame {
  readonly Data?: Uint8Array;
  readonly File?: string;
  readonly FileEvent?: "file deleted" | "file truncated";
  readonly Offset?: number;
}

export type StreamOrigin = "start" | "end";

export interface ReadOptions {
  readonly offset?: number;
  /** Bytes at most; absent, zero or negative reads to the end. */
  readonly limit?: number;
  readonly signal: AbortSignal;
}

export interface FollowOptions {
  readonly offset: number;
  readonly origin: StreamOrigin;
  /** Whoever follows must fire it when nobody listens any more: the follow then ends and frees its file. */
  readonly signal: AbortSignal;
}

export interface LogOptions extends FollowOptions {
  readonly task: string;
  readonly type: "stdout" | "stderr";
  /** False ends at the end of the newest file that existed at the start. */
  readonly follow: boolean;
}

/**
 * What HTTP asks of the client that holds an allocation. Paths are relative to the allocation's directory and never
 * lead out of it. All of them reject with `RpcError` before the first byte, with the texts that users know:
 * `alloc not found`, `stat <path>: no such file or directory`, `file "x" is a directory` …
 */
export interface ClientEndpoints {
  /** Sorted by name. */
  listDirectory(allocationID: AllocationID, path: string): Promise<readonly FileInfo[]>;
  statFile(allocationID: AllocationID, path: string): Promise<FileInfo>;
  readFile(allocationID: AllocationID, path: string, options: ReadOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Follows for ever, until the file is deleted or the signal fires. */
  streamFile(allocationID: AllocationID, path: string, options: FollowOptions): Promise<AsyncIterable<StreamFrame>>;
  /** Reads a task's output across its rotated files. */
  streamLogs(allocationID: AllocationID, options: LogOptions): Promise<AsyncIterable<StreamFrame>>;
  /** The latest sample, `null` before the first. */
  hostStats(): HostStats | null;
  /** Latest usage of an allocation's running tasks, or of one of them. */
  allocationStats(allocationID: AllocationID, task?: string): AllocationUsage;
}
