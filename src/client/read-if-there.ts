import type { Disk } from "../runtime/index.ts";

/** The text of a file of the operating system, or undefined when it is not there or cannot be read. */
export async function readIfThere(disk: Disk, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await disk.read(path)).toString("utf8");
  } catch {
    return undefined;
  }
}
