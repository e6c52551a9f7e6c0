import { join } from "node:path/posix";
import type { LogConfig } from "../../model/index.ts";
import type { Disk, OpenFile } from "../../runtime/index.ts";
import { type LogType, logFileIndexes, logFileName } from "./log-file-names.ts";

/** How much of an output is kept. */
export interface LogLimits {
  readonly maxFiles: number;
  /** No file becomes larger. */
  readonly maxFileBytes: number;
}

/** The limits a task asks for; nothing below one file of one MiB, whatever a server let through. */
export function logLimitsOf(config: LogConfig | null): LogLimits {
  const { MaxFiles, MaxFileSizeMB } = config ?? { MaxFiles: 10, MaxFileSizeMB: 10 };
  return { maxFiles: Math.max(1, MaxFiles), maxFileBytes: Math.max(1, MaxFileSizeMB) * 2 ** 20 };
}

/** Which log, and where: `directory` is a real path, without links. */
export interface LogPlace {
  readonly directory: string;
  readonly task: string;
  readonly type: LogType;
}

/** What is written without giving way, at most. */
const largestAtOnce = 32 * 1024;

interface CurrentFile {
  readonly file: OpenFile;
  readonly index: number;
  bytes: number;
}

/** A task that puts something else in the way of so many names has lost its log. */
const longestSearch = 100;

/**
 * One of a task's outputs, written to `<task>.<type>.0`, `.1` … : a file that has reached the limit is followed by the
 * next, a write that crosses the limit is split exactly there, and of more than `maxFiles` the lowest are removed.
 * A new life of the log goes on in the newest file. Writes must be made one after another.
 *
 * The task may write to the directory too: what it puts in place of a file is never followed, and is passed by.
 */
export class RotatedLog {
  readonly #disk: Disk;
  readonly #place: LogPlace;
  #limits: LogLimits;
  #current: CurrentFile;

  private constructor(disk: Disk, place: LogPlace, limits: LogLimits, current: CurrentFile) {
    this.#disk = disk;
    this.#place = place;
    this.#limits = limits;
    this.#current = current;
  }

  static async open(disk: Disk, place: LogPlace, limits: LogLimits): Promise<RotatedLog> {
    const [log] = await RotatedLog.openAll(disk, place, [place.type], limits);
    return log as RotatedLog;
  }

  /** Those of several outputs of a task, in the order of `types`; when one cannot be opened, none stays open. */
  static openAll(
    disk: Disk,
    { directory, task }: Pick<LogPlace, "directory" | "task">,
    types: readonly LogType[],
    limits: LogLimits,
  ): Promise<readonly RotatedLog[]> {
    return inDirectory(disk, directory, async (lasting) => {
      const names = (await disk.list(lasting)).map(({ name }) => name);
      const opening = types.map(async (type) => {
        const newest = logFileIndexes(names, task, type).at(-1) ?? 0;
        const current = await openFrom(disk, { directory: lasting, task, type }, newest, Number.POSITIVE_INFINITY);
        return new RotatedLog(disk, { directory, task, type }, limits, current);
      });
      const opened = await Promise.allSettled(opening);
      const logs = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      const refused = opened.find((each) => each.status === "rejected");
      if (refused === undefined) return logs;
      for (const log of logs) await log.close();
      throw refused.reason;
    });
  }

  /** From the next write on. */
  setLimits(limits: LogLimits): void {
    this.#limits = limits;
  }

  /** Rejects when the disk refuses; what was not written then is lost, and the next write goes on behind it. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      if (this.#current.bytes >= this.#limits.maxFileBytes) await this.#rotate();
      const part = bytes.subarray(written, written + this.#limits.maxFileBytes - this.#current.bytes);
      await this.#append(part);
      written += part.length;
    }
  }

  /** Names where the log ends now, for `bytesSince`. */
  mark(): string {
    const { index, bytes } = this.#current;
    return `${index}:${bytes}`;
  }

  /** How many bytes were written after a mark; undefined when the file that it is in is gone, or is not as it was. */
  async bytesSince(mark: string): Promise<number | undefined> {
    const [index = Number.NaN, bytes = Number.NaN] = mark.split(":").map(Number);
    const entries = await inDirectory(this.#disk, this.#place.directory, (directory) => this.#disk.list(directory));
    const files = entries.filter(({ isFile }) => isFile);
    const sizes = new Map(files.map(({ name, sizeBytes }) => [name, sizeBytes]));
    const sizeOf = (at: number) => sizes.get(logFileName(this.#place.task, this.#place.type, at));
    let written = (sizeOf(index) ?? Number.NaN) - bytes;
    for (let at = index + 1; at <= this.#current.index; at++) written += sizeOf(at) ?? 0;
    return written >= 0 ? written : undefined;
  }

  /**
   * Writes of a small piece before it returns what fits into the current file, and gives back the rest for `write`. What
   * comes in large pieces comes faster than it can be written, and everything else must not wait for that. Throws when
   * the disk refuses. Not while a write is under way.
   */
  writeNow(bytes: Uint8Array): Uint8Array {
    const room = this.#limits.maxFileBytes - this.#current.bytes;
    if (bytes.length > largestAtOnce || room <= 0) return bytes;
    const written = this.#current.file.appendNow(bytes.subarray(0, room));
    this.#current.bytes += written;
    return bytes.subarray(written);
  }

  async close(): Promise<void> {
    await this.#current.file.close();
  }

  async #append(part: Uint8Array): Promise<void> {
    const current = this.#current;
    try {
      await current.file.append(part);
      current.bytes += part.length;
    } catch (error) {
      current.bytes = (await current.file.status()).sizeBytes;
      throw error;
    }
  }

  async #rotate(): Promise<void> {
    await inDirectory(this.#disk, this.#place.directory, async (directory) => {
      const full = this.#current;
      const place = { ...this.#place, directory };
      this.#current = await openFrom(this.#disk, place, full.index + 1, this.#limits.maxFileBytes);
      await full.file.close();
      await this.#removeOldest(place);
    });
  }

  async #removeOldest(place: LogPlace): Promise<void> {
    const indexes = await existingIndexes(this.#disk, place.directory, place);
    for (const index of indexes.slice(0, Math.max(0, indexes.length - this.#limits.maxFiles))) {
      // What cannot be removed is nothing we wrote: a directory, or something already gone.
      await this.#disk.remove(pathOf(place, index)).catch(() => undefined);
    }
  }
}

/**
 * Has `act` work in the log's own directory, by a path that stays that directory's whatever the task puts in its place. Throws
 * when something else is there already.
 */
async function inDirectory<Result>(
  disk: Disk,
  directory: string,
  act: (directory: string) => Promise<Result>,
): Promise<Result> {
  const opened = await disk.open(directory, "read");
  try {
    const realPath = await opened.realPath();
    if (realPath !== directory) throw new Error(`Cannot use the logs in "${directory}": it leads to "${realPath}"`);
    return await act(opened.lastingPath);
  } finally {
    await opened.close();
  }
}

function pathOf(place: LogPlace, index: number): string {
  return join(place.directory, logFileName(place.task, place.type, index));
}

async function existingIndexes(
  disk: Disk,
  directory: string,
  place: Pick<LogPlace, "task" | "type">,
): Promise<readonly number[]> {
  const names = (await disk.list(directory)).map(({ name }) => name);
  return logFileIndexes(names, place.task, place.type);
}

/** The first file from `index` on that is smaller than `limit`, made if it is not there. */
async function openFrom(disk: Disk, place: LogPlace, index: number, limit: number): Promise<CurrentFile> {
  let refusal: unknown;
  for (let at = index; at < index + longestSearch; at++) {
    try {
      const file = await disk.open(pathOf(place, at), "append", 0o644);
      const bytes = (await file.status()).sizeBytes;
      if (bytes < limit) return { file, index: at, bytes };
      await file.close();
    } catch (error) {
      if (!isInTheWay(error)) throw error;
      refusal = error;
    }
  }
  throw new Error(`Cannot open the log "${pathOf(place, index)}": too many names after it are taken`, {
    cause: refusal,
  });
}

/** A link, a directory, a FIFO (which without a reader is no such device): not ours. */
function isInTheWay(error: unknown): boolean {
  return ["EISDIR", "EINVAL", "ELOOP", "ENXIO"].includes((error as { readonly code?: string }).code ?? "");
}
