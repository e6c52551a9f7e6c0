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
  /**
   * Appends before it returns, and says how many bytes: fewer than all when the disk has no room for more. For small
   * pieces that must not be lost should the process be killed; everything else waits meanwhile. Throws when it can
   * append nothing.
   */
  appendNow(bytes: Uint8Array): number;
  /** Entries of the directory that is open, as `Disk.list` gives them, whatever its path leads to by now. */
  list(): Promise<readonly FileStatus[]>;
  /** Where the descriptor really leads, with every link followed: what to check before reading. */
  realPath(): Promise<string>;
  /**
   * A path that leads to what is open for as long as it is open, whatever its own path leads to by now; names below an
   * open directory may be joined to it. Good for helpers as well.
   */
  readonly lastingPath: string;
  /** Sets the permission bits of what is open, whatever its path leads to by now. */
  changeMode(mode: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A directory that is to be there; without an owner it is the agent's. */
export interface NewDirectory {
  readonly path: string;
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Files and directories, by absolute path. Errors carry Node's codes (`ENOENT`, `EACCES`, `ENOSPC` …).
 * `read` and `open` never block on a FIFO or device. Modes given are set exactly, whatever the umask.
 */
export interface Disk {
  read(path: string): Promise<Uint8Array>;
  /** Replaces the file whole: a reader, or a crash, sees the old bytes or the new ones. */
  writeAtomically(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  /**
   * To "read", links are followed and anything may be opened: check `status` and `realPath` of the open file before
   * use. To "append", a missing file is created, and a link or anything but a plain file is refused.
   */
  open(path: string, how: "read" | "append", mode?: number): Promise<OpenFile>;
  /** What is at `path`, links followed. */
  status(path: string): Promise<FileStatus>;
  /** Entries sorted by name; links are described themselves, not followed. */
  list(path: string): Promise<readonly FileStatus[]>;
  /** With its parents; one that exists is left as it is. */
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** The same for several, of which the first contains the others, in their order. Those that exist change their owner alone. */
  makeDirectories(directories: readonly NewDirectory[]): Promise<void>;
  /** A fresh, empty directory below the system's temporary directory; its name begins with `prefix`. */
  makeTemporaryDirectory(prefix: string): Promise<string>;
  changeMode(path: string, mode: number): Promise<void>;
  /** What a link says, followed or not. */
  readLink(path: string): Promise<string>;
  /** Of a link, the link's own owner changes. */
  changeOwner(path: string, uid: number, gid: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, a link or an empty directory. */
  remove(path: string): Promise<void>;
  /**
   * Removes a directory and all below it. Links are removed, never followed; absence is fine. Rejects with `EBUSY` at
   * whatever is mounted there, and does not touch it.
   */
  removeTree(path: string): Promise<void>;
  /** Size and free space of the file system that holds `path`. */
  space(path: string): Promise<DiskSpace>;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly usedBytes: number;
  /** Free for us: less than what is not used, where some is kept for the superuser. */
  readonly freeBytes: number;
  readonly totalInodes: number;
  readonly freeInodes: number;
}
