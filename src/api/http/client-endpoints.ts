import type { AllocationID, AllocationUsage } from "../../model/index.ts";
import type { FileInfo, HostStats, Origin } from "./client-shapes.ts";

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

/** Which of a task's output, and from where. Without `follow` it ends with what there was at the start. */
export interface LogRequest {
  readonly task: string;
  readonly type: "stdout" | "stderr";
  readonly follow: boolean;
  readonly offset: number;
  readonly origin: Origin;
}

/**
 * What HTTP asks of the client that holds an allocation. Ids are whole, paths are relative to the allocation's directory
 * and the asker's own: whoever implements this lets none lead out of it. Refusals are `RpcError`s with the texts that
 * users know (`alloc not found`, `stat <path>: no such file or directory`, `file "x" is a directory` …) and the status of
 * the answer as their code; those of an iterable come with its first element. Whoever follows must fire the signal when nobody listens any more: the follow then ends and frees its file.
 */
export interface ClientEndpoints {
  /** Whether the allocation is this client's; of any other it knows nothing. */
  holds(allocationID: AllocationID): boolean;
  /** Sorted by name. */
  listDirectory(allocationID: AllocationID, path: string): Promise<readonly FileInfo[]>;
  statFile(allocationID: AllocationID, path: string): Promise<FileInfo>;
  /** At most `limit` bytes from `offset`; a limit of 0 or less means to the end. */
  readAt(
    allocationID: AllocationID,
    path: string,
    from: { readonly offset: number; readonly limit: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** Follows a file until it is deleted or the signal fires. */
  streamFile(
    allocationID: AllocationID,
    path: string,
    from: { readonly offset: number; readonly origin: Origin },
    signal: AbortSignal,
  ): AsyncIterable<FileChunk>;
  /** Reads a task's output over its rotated files. */
  streamLogs(allocationID: AllocationID, request: LogRequest, signal: AbortSignal): AsyncIterable<FileChunk>;
  /** The latest sample, `null` before the first. */
  hostStats(): HostStats | null;
  /** Removes what an allocation that has ended left on the disk, or what all such left; resolves when it is gone. */
  collect(allocationID: AllocationID | undefined): Promise<void>;
  /** Latest usage of an allocation's running tasks, or of one of them. */
  allocationStats(allocationID: AllocationID, task: string | undefined): Promise<AllocationUsage>;
}
