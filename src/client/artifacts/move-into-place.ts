import { join } from "node:path/posix";
import type { Disk, OpenFile } from "../../runtime/index.ts";
import { openWithin } from "./open-within.ts";

/**
 * Moves all that is in `from` into `into`, on the same file system. Directories that are in both become one; a file or a
 * link takes the place of what has its name, and no link is followed.
 */
export async function moveContents(disk: Disk, from: OpenFile, into: OpenFile): Promise<void> {
  for (const entry of await disk.list(from.lastingPath)) {
    const target = join(into.lastingPath, entry.name);
    if (!entry.isDirectory || !(await isDirectoryIn(disk, into, entry.name))) {
      await disk.rename(join(from.lastingPath, entry.name), target);
      continue;
    }
    const inner = await openWithin(disk, from, entry.name);
    try {
      const outer = await openWithin(disk, into, entry.name);
      await moveContents(disk, inner, outer).finally(() => outer.close());
    } finally {
      await inner.close();
    }
  }
}

async function isDirectoryIn(disk: Disk, directory: OpenFile, name: string): Promise<boolean> {
  try {
    return (await disk.status(join(directory.lastingPath, name))).isDirectory;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}
