import { join } from "node:path/posix";
import { type FileChunk, type LogRequest, RpcError } from "../../api/index.ts";
import { type Disk, type OpenFile, pause, type Runtime } from "../../runtime/index.ts";
import { logDirectory, logFileIndexes, logFileName } from "../logs/log-file-names.ts";
import { chunkBytes, listDirectory, openPlainFile } from "./allocation-files.ts";
import { followInterval } from "./follow-file.ts";
import { WholeLines } from "./whole-lines.ts";

interface LogFile {
  readonly index: number;
  readonly bytes: number;
}

/** A log file that is open. */
interface OpenLog {
  readonly index: number;
  /** Below the allocation's directory. */
  readonly path: string;
  readonly file: OpenFile;
}

/** What is being read, and what comes after it as soon as that is there. Its owner closes both. */
interface Reading {
  at: OpenLog | undefined;
  next: OpenLog | undefined;
}

/**
 * A task's output over its rotated files: to the end of each, then on to the next one there is. Without `follow` it
 * ends with the file that was the newest at the start. Where rotation was faster than the reader, whole lines are missing
 * and no line is made of two; the beginning of a line comes a moment later than the rest.
 */
export async function* followLog(
  runtime: Pick<Runtime, "clock" | "disk">,
  root: string,
  request: LogRequest,
  signal: AbortSignal,
): AsyncIterable<FileChunk> {
  const log = new TaskLog(runtime.disk, root, request);
  const files = await log.files();
  const newest = files.at(-1);
  if (newest === undefined) {
    const task = JSON.stringify(request.task);
    throw new RpcError(`log entry for task ${task} and log type ${JSON.stringify(request.type)} not found`);
  }
  const last = request.follow ? Number.POSITIVE_INFINITY : newest.index;
  const start = startPosition(files, request);
  const lines = new WholeLines();
  const reading: Reading = { at: await log.open(start.index), next: undefined };
  let offset = start.offset;
  try {
    if (reading.at === undefined) {
      reading.at = await log.openAfter(start.index);
      offset = 0;
    }
    while (reading.at !== undefined && reading.at.index <= last && !signal.aborted) {
      yield* readToEnd(runtime, log, reading, { offset, last, lines }, signal);
      if (reading.next?.index === reading.at.index + 1) yield* lines.release();
      else if (reading.next !== undefined) lines.lose();
      await reading.at.file.close();
      Object.assign(reading, { at: reading.next, next: undefined });
      offset = 0;
    }
    if (!signal.aborted) yield* lines.release();
  } finally {
    await reading.at?.file.close();
    await reading.next?.file.close();
  }
}

interface LogPosition {
  readonly index: number;
  readonly offset: number;
}

/** Where an offset from the start or the end falls, counted over all files; clamped to what there is. */
export function startPosition(files: readonly LogFile[], { offset, origin }: LogRequest): LogPosition {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let rest = Math.min(total, Math.max(0, origin === "end" ? total - offset : offset));
  for (const { index, bytes } of files.slice(0, -1)) {
    if (rest < bytes) return { index, offset: rest };
    rest -= bytes;
  }
  return { index: (files.at(-1) as LogFile).index, offset: rest };
}

/**
 * Reads one file to its end, unless it is the last until there is a next one and this one has been read to its end after
 * that.
 */
async function* readToEnd(
  { clock }: Pick<Runtime, "clock">,
  log: TaskLog,
  reading: Reading,
  { offset: start, last, lines }: { readonly offset: number; readonly last: number; readonly lines: WholeLines },
  signal: AbortSignal,
): AsyncGenerator<FileChunk, void> {
  const { file, path, index } = reading.at as OpenLog;
  let offset = start;
  let isQuiet = false;
  while (!signal.aborted) {
    const data = await file.read(offset, chunkBytes);
    if (data.length > 0) {
      offset += data.length;
      isQuiet = false;
      yield* lines.pass({ file: path, offset, data });
      continue;
    }
    if (reading.next !== undefined || index >= last) return;
    reading.next = await log.openAfter(index);
    if (reading.next !== undefined) continue;
    if (last !== Number.POSITIVE_INFINITY) return;
    if (isQuiet) yield* lines.release();
    isQuiet = true;
    if (!(await pause(clock, followInterval, signal))) return;
  }
}

/** One output of a task as it lies on the disk: plain files by index. Anything else under such a name is not a log. */
class TaskLog {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #request: LogRequest;

  constructor(disk: Disk, root: string, request: LogRequest) {
    this.#disk = disk;
    this.#root = root;
    this.#request = request;
  }

  /** By index, the oldest first. */
  async files(): Promise<readonly LogFile[]> {
    const { task, type } = this.#request;
    const entries = await listDirectory(this.#disk, this.#root, logDirectory);
    const plain = entries.filter(({ FileMode }) => FileMode.startsWith("-"));
    const sizes = new Map(plain.map(({ Name, Size }) => [Name, Size]));
    return logFileIndexes([...sizes.keys()], task, type).map((index) => {
      return { index, bytes: sizes.get(logFileName(task, type, index)) ?? 0 };
    });
  }

  /** Undefined when it is gone, for rotation may remove a file at any time, or a link is in its place. */
  async open(index: number): Promise<OpenLog | undefined> {
    const path = join(logDirectory, logFileName(this.#request.task, this.#request.type, index));
    try {
      const { file, realPath } = await openPlainFile(this.#disk, this.#root, path);
      if (realPath.endsWith(`/${path}`)) return { index, path, file };
      await file.close();
      return undefined;
    } catch (error) {
      const cause = error instanceof RpcError ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
      if (cause?.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** The first file after `index`. The directory, which may be long, is listed only where that is not the very next one. */
  async openAfter(index: number): Promise<OpenLog | undefined> {
    // What a task may have put there instead is no log, and is not listed.
    const next = await this.open(index + 1).catch(() => undefined);
    if (next !== undefined) return next;
    for (const later of await this.files()) {
      const opened = later.index > index ? await this.open(later.index) : undefined;
      if (opened !== undefined) return opened;
    }
    return undefined;
  }
}
