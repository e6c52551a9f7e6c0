import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Removes a directory of a test, with the file systems that agents which were killed have left mounted below it. */
export async function removeDirectory(directory: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).reverse()) await run("umount", [mount]);
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
