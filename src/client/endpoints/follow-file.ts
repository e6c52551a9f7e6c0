import { type FileChunk, type Origin, RpcError } from "../../api/index.ts";
import { milliseconds } from "../../base/index.ts";
import { pause, type Runtime } from "../../runtime/index.ts";
import { chunkBytes, openPlainFile } from "./allocation-files.ts";
import type { ContainedFile } from "./contained-path.ts";

/** How often a file that is at its end is looked at again. */
export const followInterval = milliseconds(250);

/** The bytes of a file as they come, for ever: it ends when the file is deleted or the signal fires. */
export async function* followFile(
  { clock, disk }: Pick<Runtime, "clock" | "disk">,
  root: string,
  path: string,
  from: { readonly offset: number; readonly origin: Origin },
  signal: AbortSignal,
): AsyncIterable<FileChunk> {
  const opened = await openPlainFile(disk, root, path);
  const { file } = opened;
  try {
    let offset = startOffset(opened.status.sizeBytes, from);
    let event: FileChunk["event"];
    while (!signal.aborted) {
      const data = await file.read(offset, chunkBytes);
      if (data.length > 0) {
        offset += data.length;
        yield { file: path, offset, data, ...(event && { event }) };
        event = undefined;
      } else if ((await file.status()).sizeBytes < offset) {
        offset = 0;
        event = "file truncated";
      } else if (await isDeleted(opened, disk)) {
        yield { file: path, offset, data: new Uint8Array(), event: "file deleted" };
        return;
      } else if (!(await pause(clock, followInterval, signal))) return;
    }
  } finally {
    await file.close();
  }
}

function startOffset(size: number, from: { readonly offset: number; readonly origin: Origin }): number {
  const offset = from.origin === "end" ? size - from.offset : from.offset;
  if (offset < 0) throw new RpcError(`can't seek to offset ${offset}`);
  return offset;
}

/** True when the name no longer leads to what is open: it was removed, or moved away. */
async function isDeleted({ file, realPath }: ContainedFile, disk: Runtime["disk"]): Promise<boolean> {
  if ((await file.realPath()) !== realPath) return true;
  try {
    await disk.status(realPath);
    return false;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return true;
    throw error;
  }
}
