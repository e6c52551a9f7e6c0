/** What `stat` tells. `mode` holds the type and permission bits as POSIX has them. */
export interface FileStatus {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly isLink: boolean;
  readonly sizeBytes: number;
  readonly mode: number;
  /** Nanoseconds since the epoch. */
  readonly modifiedAt: number;
}

/** An open file. Every read names its offset, so that two readers never disturb each other. */
export interface OpenFile {
  status(): Promise<FileStatus>;
  /** Up to `length` bytes from `offset`; empty at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  append(bytes: Uint8Array): Promise<void>;
  /** Where the descriptor really leads, with every link followed: what to check before reading. */
  realPath(): Promise<string>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Files and directories, by absolute path. Errors carry Node's codes (`ENOENT`, `EACCES`, `ENOSPC` …).
 * `open` never blocks on a FIFO or device and does not create one's parents.
 */
export interface Disk {
  read(path: string): Promise<Uint8Array>;
  /** Replaces the file whole: a reader, or a crash, sees the old bytes or the new ones. */
  writeAtomically(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  open(path: string, how: "read" | "append", mode?: number): Promise<OpenFile>;
  status(path: string): Promise<FileStatus>;
  /** Entries sorted by name; links are described themselves, not followed. */
  list(path: string): Promise<readonly FileStatus[]>;
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** A fresh, empty directory below the system's temporary directory; its name begins with `prefix`. */
  makeTemporaryDirectory(prefix: string): Promise<string>;
  changeMode(path: string, mode: number): Promise<void>;
  changeOwner(path: string, uid: number, gid: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes a directory and all below it. Links are removed, never followed; absence is fine. */
  removeTree(path: string): Promise<void>;
  /** Size and free space of the file system that holds `path`. */
  space(path: string): Promise<DiskSpace>;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly totalInodes: number;
  readonly freeInodes: number;
}
