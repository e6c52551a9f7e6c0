import { randomBytes } from "node:crypto";
import { constants, fchmodSync, fstatSync, readlinkSync, type Stats, writeSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Disk, DiskSpace, FileStatus, NewDirectory, OpenFile } from "../disk.ts";
import { makeDirectories, makeDirectory } from "./make-directory.ts";
import { removeTree } from "./remove-tree.ts";

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/** The machine's own files. */
export class NodeDisk implements Disk {
  async read(path: string): Promise<Uint8Array> {
    const file = await fs.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      await refuseUnlessPlain(file, path);
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async writeAtomically(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
    const directory = dirname(path);
    const temporary = join(directory, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      await writeAndSync(temporary, bytes, mode);
      await fs.rename(temporary, path);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(directory);
  }

  async open(path: string, how: "read" | "append", mode = 0o644): Promise<OpenFile> {
    if (how === "read") return new NodeFile(await fs.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY), path);
    return openToAppend(path, mode);
  }

  async status(path: string): Promise<FileStatus> {
    return statusOf(basename(path), await fs.stat(path));
  }

  list(path: string): Promise<readonly FileStatus[]> {
    return entriesOf(path);
  }

  async makeDirectory(path: string, mode?: number): Promise<void> {
    await makeDirectory(path, mode);
  }

  makeDirectories(directories: readonly NewDirectory[]): Promise<void> {
    return makeDirectories(directories);
  }

  makeTemporaryDirectory(prefix: string): Promise<string> {
    return fs.mkdtemp(join(tmpdir(), prefix));
  }

  changeMode(path: string, mode: number): Promise<void> {
    return fs.chmod(path, mode);
  }

  readLink(path: string): Promise<string> {
    return fs.readlink(path);
  }

  changeOwner(path: string, uid: number, gid: number): Promise<void> {
    return fs.lchown(path, uid, gid);
  }

  rename(from: string, to: string): Promise<void> {
    return fs.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    const status = await fs.lstat(path);
    await (status.isDirectory() ? fs.rmdir(path) : fs.unlink(path));
  }

  removeTree(path: string): Promise<void> {
    return removeTree(path);
  }

  async space(path: string): Promise<DiskSpace> {
    const found = await fs.statfs(path);
    return {
      totalBytes: found.blocks * found.bsize,
      usedBytes: (found.blocks - found.bfree) * found.bsize,
      freeBytes: found.bavail * found.bsize,
      totalInodes: found.files,
      freeInodes: found.ffree,
    };
  }
}

class NodeFile implements OpenFile {
  readonly #file: fs.FileHandle;
  readonly #name: string;
  /** It was made by being opened, and nobody has asked for its status yet. */
  #isNew: boolean;

  constructor(file: fs.FileHandle, path: string, { isNew = false } = {}) {
    this.#file = file;
    this.#name = basename(path);
    this.#isNew = isNew;
  }

  async status(): Promise<FileStatus> {
    // That of a file that is a moment old does not wait for the disk.
    const found = this.#isNew ? fstatSync(this.#file.fd) : await this.#file.stat();
    this.#isNew = false;
    return statusOf(this.#name, found);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten;
    }
  }

  appendNow(bytes: Uint8Array): number {
    return writeSync(this.#file.fd, bytes);
  }

  list(): Promise<readonly FileStatus[]> {
    return entriesOf(this.#self);
  }

  /** The kernel answers from memory. */
  async realPath(): Promise<string> {
    return readlinkSync(this.#self);
  }

  get lastingPath(): string {
    return `/proc/${process.pid}/fd/${this.#file.fd}`;
  }

  changeMode(mode: number): Promise<void> {
    return this.#file.chmod(mode);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** A link of the kernel to what is open, which no rename can lead elsewhere. */
  get #self(): string {
    return `/proc/self/fd/${this.#file.fd}`;
  }
}

function statusOf(name: string, found: Stats): FileStatus {
  return {
    name,
    isDirectory: found.isDirectory(),
    isFile: found.isFile(),
    isLink: found.isSymbolicLink(),
    sizeBytes: found.size,
    mode: found.mode,
    modifiedAt: Math.round(found.mtimeMs * 1e6),
  };
}

async function entriesOf(directory: string): Promise<readonly FileStatus[]> {
  const names = (await fs.readdir(directory)).sort();
  const entries = await Promise.all(names.map((name) => entryStatus(directory, name)));
  return entries.filter((entry) => entry !== undefined);
}

/** Undefined when the entry has gone since the directory was read. */
async function entryStatus(directory: string, name: string): Promise<FileStatus | undefined> {
  try {
    return statusOf(name, await fs.lstat(join(directory, name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A reader waiting at a FIFO would hold one of the few threads that serve all files. */
async function refuseUnlessPlain(file: fs.FileHandle, path: string): Promise<void> {
  const status = await file.stat();
  if (status.isFile()) return;
  if (status.isDirectory()) throw coded("EISDIR", `"${path}" is a directory`);
  throw coded("EINVAL", `"${path}" is not a plain file`);
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

async function openToAppend(path: string, mode: number): Promise<NodeFile> {
  const flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  try {
    const file = await fs.open(path, flags | O_CREAT | O_EXCL, mode);
    // It is a moment old: this does not wait for the disk.
    fchmodSync(file.fd, mode);
    return new NodeFile(file, path, { isNew: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return new NodeFile(await openPlain(path, flags), path);
  }
}

async function openPlain(path: string, flags: number): Promise<fs.FileHandle> {
  const file = await fs.open(path, flags);
  try {
    await refuseUnlessPlain(file, path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function writeAndSync(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await fs.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    await file.chmod(mode);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is on disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
