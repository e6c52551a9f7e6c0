import { join } from "node:path/posix";
import { type FileInfo, RpcError } from "../../api/index.ts";
import type { Disk } from "../../runtime/index.ts";
import { type ContainedFile, fileRefusal, openContained } from "./contained-path.ts";
import { fileInfoOf } from "./file-info.ts";

/** How much of a file is looked at to tell what it holds. */
const sniffedBytes = 512;

/** Bytes read and handed on at once. */
export const chunkBytes = 64 * 1024;

/** The entries of a directory below `root`, sorted by name; links are described themselves. */
export async function listDirectory(disk: Disk, root: string, path: string): Promise<readonly FileInfo[]> {
  const { file, status } = await openContained(disk, root, path, "open");
  const wanted = join(root, path);
  try {
    if (!status.isDirectory) throw new RpcError(`readdirent: not a directory: ${wanted}`);
    const entries = await file.list().catch((error) => {
      throw fileRefusal(error, wanted, "open");
    });
    return entries.map(fileInfoOf);
  } finally {
    await file.close();
  }
}

/** What is known of a file or directory below `root`; links are followed. */
export async function statFile(disk: Disk, root: string, path: string): Promise<FileInfo> {
  const { file, status } = await openContained(disk, root, path, "stat");
  try {
    if (status.isDirectory) return fileInfoOf(status);
    return { ...fileInfoOf(status), ContentType: contentType(await file.read(0, sniffedBytes)) };
  } finally {
    await file.close();
  }
}

/** Text if it is UTF-8 without control characters but those of text; a character may be cut off at the end. */
function contentType(beginning: Uint8Array): string {
  const isControl = (byte: number) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte);
  if (beginning.some(isControl)) return "application/octet-stream";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(beginning, { stream: true });
    return "text/plain; charset=utf-8";
  } catch {
    return "application/octet-stream";
  }
}

/** Opens a file to be read; rejects for a directory. */
export async function openPlainFile(disk: Disk, root: string, path: string): Promise<ContainedFile> {
  const opened = await openContained(disk, root, path, "stat");
  if (!opened.status.isDirectory) return opened;
  await opened.file.close();
  throw new RpcError(`file ${JSON.stringify(path)} is a directory`);
}

/** The bytes of a file from `offset`, at most `limit` of them; a limit of 0 or less means to the end. */
export async function* readAt(
  disk: Disk,
  root: string,
  path: string,
  from: { readonly offset: number; readonly limit: number },
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const { file } = await openPlainFile(disk, root, path);
  try {
    if (from.offset < 0) throw new RpcError(`can't seek to offset ${from.offset}`);
    const end = from.limit > 0 ? from.offset + from.limit : Number.POSITIVE_INFINITY;
    for (let at = from.offset; at < end && !signal.aborted; ) {
      const bytes = await file.read(at, Math.min(chunkBytes, end - at));
      if (bytes.length === 0) return;
      at += bytes.length;
      yield bytes;
    }
  } finally {
    await file.close();
  }
}
