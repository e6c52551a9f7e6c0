import type { AllocationUsage, FileInfo, HostStats, Origin } from "../api/index.ts";

/** Bytes of a followed file, or something that happened to it. */
export interface FileChunk {
  /** Path within the allocation, as the reader is to see it. */
  readonly file: string;
  /** Where in the file the reader stands after this chunk. */
  readonly offset: number;
  /** May be empty when there is an event. */
  readonly data: Uint8Array;
  readonly event?: "file deleted" | "file truncated";
}

/**
 * What a client can tell of its allocations' files and of what is used. Ids are whole allocation ids, paths are
 * within the allocation and are the sender's own: whoever implements this must let none lead out of it.
 * Refusals are `RpcError`s, whose message is shown to the asker and whose code is the status of the answer.
 */
export interface ClientFiles {
  /** Sorted by name. */
  listDirectory(allocationID: string, path: string): Promise<readonly FileInfo[]>;
  statFile(allocationID: string, path: string): Promise<FileInfo>;
  /** At most `limit` bytes from `offset`; a limit of 0 or less means to the end. */
  readAt(
    allocationID: string,
    path: string,
    from: { readonly offset: number; readonly limit: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** Follows a file until it is deleted or the signal fires. */
  streamFile(
    allocationID: string,
    path: string,
    from: { readonly offset: number; readonly origin: Origin },
    signal: AbortSignal,
  ): AsyncIterable<FileChunk>;
  /** Reads a task's log over its rotated files; with `follow` waits for more until the signal fires. */
  streamLogs(
    allocationID: string,
    from: {
      readonly task: string;
      readonly type: "stdout" | "stderr";
      readonly follow: boolean;
      readonly offset: number;
      readonly origin: Origin;
    },
    signal: AbortSignal,
  ): AsyncIterable<FileChunk>;
  /** `null` before the first sample. */
  hostStats(): HostStats | null;
  /** With `task` only that one's usage is in `Tasks`. Rejects for an unknown allocation or task. */
  allocationStats(allocationID: string, task: string | undefined): Promise<AllocationUsage>;
}
