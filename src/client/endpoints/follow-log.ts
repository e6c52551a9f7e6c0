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
  const files = await logFiles(runtime.disk, root, request);
  const newest = files.at(-1);
  if (newest === undefined) {
    const task = JSON.stringify(request.task);
    throw new RpcError(`log entry for task ${task} and log type ${JSON.stringify(request.type)} not found`);
  }
  const lines = new WholeLines();
  let at: LogPosition | undefined = startPosition(files, request);
  let lastRead: number | undefined;
  while (at !== undefined && !signal.aborted) {
    const isNext = lastRead === undefined || at.index === lastRead + 1;
    const wasThere = yield* readOneFile(runtime, root, request, { ...at, lines, isNext }, signal);
    if (wasThere) lastRead = at.index;
    at = await nextFile(runtime, root, request, at.index, newest.index, signal);
  }
  if (!signal.aborted) yield* lines.release();
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
 * Reads one file to its end; when following, until there is a later one and this one has been read to its end after
 * that. False when it is gone.
 */
async function* readOneFile(
  { clock, disk }: Pick<Runtime, "clock" | "disk">,
  root: string,
  request: LogRequest,
  { lines, isNext, ...start }: LogPosition & { readonly lines: WholeLines; readonly isNext: boolean },
  signal: AbortSignal,
): AsyncGenerator<FileChunk, boolean> {
  const path = join(logDirectory, logFileName(request.task, request.type, start.index));
  const file = await openUnlessGone(disk, root, path);
  if (file === undefined) return false;
  try {
    if (isNext) yield* lines.release();
    else lines.lose();
    let offset = start.offset;
    let isLast = false;
    let isQuiet = false;
    while (!signal.aborted) {
      const data = await file.read(offset, chunkBytes);
      if (data.length > 0) {
        offset += data.length;
        isQuiet = false;
        yield* lines.pass({ file: path, offset, data });
      } else if (isLast || !request.follow) {
        return true;
      } else {
        isLast = (await laterIndex(disk, root, request, start.index)) !== undefined;
        if (isLast) continue;
        if (isQuiet) yield* lines.release();
        isQuiet = true;
        if (!(await pause(clock, followInterval, signal))) return true;
      }
    }
    return true;
  } finally {
    await file.close();
  }
}

/** The file after `index`; when following, as soon as there is one. Undefined when the reading is over. */
async function nextFile(
  { clock, disk }: Pick<Runtime, "clock" | "disk">,
  root: string,
  request: LogRequest,
  index: number,
  newestAtStart: number,
  signal: AbortSignal,
): Promise<LogPosition | undefined> {
  for (;;) {
    const next = await laterIndex(disk, root, request, index);
    if (next !== undefined) return request.follow || next <= newestAtStart ? { index: next, offset: 0 } : undefined;
    if (!request.follow || !(await pause(clock, followInterval, signal))) return undefined;
  }
}

/** Rotation may remove a file between its being listed and opened. */
async function openUnlessGone(disk: Disk, root: string, path: string): Promise<OpenFile | undefined> {
  try {
    return (await openPlainFile(disk, root, path)).file;
  } catch (error) {
    const cause = error instanceof RpcError ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
    if (cause?.code === "ENOENT") return undefined;
    throw error;
  }
}

async function laterIndex(disk: Disk, root: string, request: LogRequest, index: number): Promise<number | undefined> {
  return (await logFiles(disk, root, request)).find((file) => file.index > index)?.index;
}

/** The task's plain log files, by index; anything else under such a name is not a log. */
async function logFiles(disk: Disk, root: string, { task, type }: LogRequest): Promise<readonly LogFile[]> {
  const entries = (await listDirectory(disk, root, logDirectory)).filter(({ FileMode }) => FileMode.startsWith("-"));
  const sizes = new Map(entries.map(({ Name, Size }) => [Name, Size]));
  return logFileIndexes([...sizes.keys()], task, type).map((index) => {
    return { index, bytes: sizes.get(logFileName(task, type, index)) ?? 0 };
  });
}
