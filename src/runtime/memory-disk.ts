import { dirname, join, normalize } from "node:path/posix";
import type { Random } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import type { Disk, DiskSpace, FileStatus, NewDirectory, OpenFile } from "./disk.ts";

interface Entry {
  readonly isDirectory: boolean;
  bytes: Uint8Array;
  /** How many of them would survive power loss. */
  syncedBytes: number;
  mode: number;
  modifiedAt: number;
}

const directoryBits = 0o040000;
const fileBits = 0o100000;

/** A disk of plain files and directories in memory, for the simulator and for tests. It knows no links. */
export class MemoryDisk implements Disk {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  /** Nothing can be written while this is set. */
  isFull = false;
  #temporary = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#entries.set("/", this.#entry({ isDirectory: true, mode: 0o755 }));
  }

  /** All paths, sorted: what a test compares. */
  paths(): readonly string[] {
    return [...this.#entries.keys()].sort();
  }

  async put(path: string, text: string): Promise<void> {
    await this.makeDirectory(dirname(path));
    await this.writeAtomically(path, Buffer.from(text));
  }

  /** Empties a file in place, as a program that opens it anew for writing does. */
  truncate(path: string): void {
    const file = this.#file(path);
    [file.bytes, file.syncedBytes] = [new Uint8Array(), 0];
  }

  /** Power is lost: of what was appended and not synced, as much is there as chance has it. */
  crash(random: Random): void {
    for (const entry of this.#entries.values()) {
      const unsynced = entry.bytes.length - entry.syncedBytes;
      if (unsynced > 0) entry.bytes = entry.bytes.slice(0, entry.syncedBytes + random.below(unsynced + 1));
      entry.syncedBytes = entry.bytes.length;
    }
  }

  async text(path: string): Promise<string> {
    return Buffer.from(await this.read(path)).toString();
  }

  async read(path: string): Promise<Uint8Array> {
    return this.#file(path).bytes.slice();
  }

  async writeAtomically(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
    const at = normalize(path);
    this.#directory(dirname(at));
    if (this.#entries.has(at)) this.#file(at);
    this.#needRoom();
    this.#entries.set(at, this.#entry({ isDirectory: false, bytes: Uint8Array.from(bytes), mode }));
  }

  async open(path: string, how: "read" | "append", mode = 0o644): Promise<OpenFile> {
    const at = normalize(path);
    if (how === "append" && !this.#entries.has(at)) await this.writeAtomically(at, new Uint8Array(), mode);
    return this.#open(at, how === "append" ? this.#file(at) : this.#existing(at));
  }

  async status(path: string): Promise<FileStatus> {
    return statusOf(path, this.#existing(path));
  }

  async list(path: string): Promise<readonly FileStatus[]> {
    const at = normalize(path);
    this.#directory(at);
    return this.paths()
      .filter((each) => each !== at && dirname(each) === at)
      .map((each) => statusOf(each, this.#existing(each)));
  }

  async makeDirectory(path: string, mode = 0o755): Promise<void> {
    const at = normalize(path);
    const existing = this.#entries.get(at);
    if (existing?.isDirectory) return;
    if (existing !== undefined) throw coded("EEXIST", `file already exists: ${path}`);
    if (!this.#entries.has(dirname(at))) await this.makeDirectory(dirname(at));
    this.#directory(dirname(at));
    this.#entries.set(at, this.#entry({ isDirectory: true, mode }));
  }

  async makeDirectories(directories: readonly NewDirectory[]): Promise<void> {
    for (const { path, mode } of directories) await this.makeDirectory(path, mode);
  }

  async makeTemporaryDirectory(prefix: string): Promise<string> {
    this.#temporary += 1;
    const path = `/tmp/${prefix}${this.#temporary}`;
    await this.makeDirectory(path, 0o700);
    return path;
  }

  async changeMode(path: string, mode: number): Promise<void> {
    this.#existing(path).mode = mode;
  }

  async readLink(path: string): Promise<string> {
    this.#existing(path);
    throw coded("EINVAL", `not a link: ${path}`);
  }

  async changeOwner(path: string): Promise<void> {
    this.#existing(path);
  }

  async rename(from: string, to: string): Promise<void> {
    const [before, after] = [normalize(from), normalize(to)];
    const moved = this.#existing(before);
    this.#directory(dirname(after));
    if (before === after) return;
    if (after.startsWith(`${before}/`)) throw coded("EINVAL", `invalid argument: ${from} -> ${to}`);
    if (this.#entries.has(after)) this.#makeWay(after, moved);
    for (const path of this.#tree(before)) {
      const entry = this.#existing(path);
      this.#entries.delete(path);
      this.#entries.set(after + path.slice(before.length), entry);
    }
  }

  async remove(path: string): Promise<void> {
    const at = normalize(path);
    if (this.#existing(at).isDirectory) this.#empty(at);
    this.#entries.delete(at);
  }

  async removeTree(path: string): Promise<void> {
    for (const each of this.#tree(normalize(path))) this.#entries.delete(each);
  }

  async space(path: string): Promise<DiskSpace> {
    this.#existing(path);
    return { totalBytes: 2 ** 40, usedBytes: 2 ** 38, freeBytes: 2 ** 39, totalInodes: 1000, freeInodes: 750 };
  }

  #entry(fields: { isDirectory: boolean; bytes?: Uint8Array; mode: number }): Entry {
    const { bytes = new Uint8Array() } = fields;
    return { ...fields, bytes, syncedBytes: bytes.length, modifiedAt: this.#clock.now() };
  }

  #needRoom(): void {
    if (this.isFull) throw coded("ENOSPC", "no space left on device");
  }

  #open(path: string, entry: Entry): OpenFile {
    return {
      status: async () => statusOf(path, entry),
      read: async (offset, length) => {
        if (entry.isDirectory) throw coded("EISDIR", `is a directory: ${path}`);
        return entry.bytes.slice(offset, offset + length);
      },
      append: async (bytes) => {
        this.#needRoom();
        entry.bytes = Buffer.concat([entry.bytes, bytes]);
        entry.modifiedAt = this.#clock.now();
      },
      appendNow: (bytes) => {
        this.#needRoom();
        entry.bytes = Buffer.concat([entry.bytes, bytes]);
        entry.modifiedAt = this.#clock.now();
        return bytes.length;
      },
      list: () => this.list(path),
      realPath: async () => path,
      lastingPath: path,
      changeMode: async (mode) => {
        entry.mode = mode;
      },
      sync: async () => {
        entry.syncedBytes = entry.bytes.length;
      },
      close: async () => undefined,
    };
  }

  #existing(path: string): Entry {
    const entry = this.#entries.get(normalize(path));
    if (entry !== undefined) return entry;
    // Below a file there is not even nothing.
    if (path !== "/") this.#directory(dirname(path));
    throw coded("ENOENT", `no such file or directory: ${path}`);
  }

  /** What is at a path and below it. */
  #tree(path: string): readonly string[] {
    return this.paths().filter((each) => each === path || each.startsWith(`${path}/`));
  }

  /** Throws unless `moved` may take the place of what is at `path`. */
  #makeWay(path: string, moved: Entry): void {
    if (!moved.isDirectory) return void this.#file(path);
    this.#directory(path);
    this.#empty(path);
  }

  #empty(path: string): void {
    if (this.#tree(path).length > 1) throw coded("ENOTEMPTY", `directory not empty: ${path}`);
  }

  #directory(path: string): void {
    if (!this.#existing(path).isDirectory) throw coded("ENOTDIR", `not a directory: ${path}`);
  }

  #file(path: string): Entry {
    const entry = this.#existing(path);
    if (entry.isDirectory) throw coded("EISDIR", `is a directory: ${path}`);
    return entry;
  }
}

function statusOf(path: string, entry: Entry): FileStatus {
  return {
    name: join("/", path).split("/").at(-1) as string,
    isDirectory: entry.isDirectory,
    isFile: !entry.isDirectory,
    isLink: false,
    sizeBytes: entry.bytes.length,
    mode: entry.mode | (entry.isDirectory ? directoryBits : fileBits),
    modifiedAt: entry.modifiedAt,
  };
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
