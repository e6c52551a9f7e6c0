import { join } from "node:path/posix";
import type { Disk, Runtime } from "../runtime/index.ts";
import type { ClientConfig } from "./config.ts";

/** Temporary directories begin so. */
const temporaryPrefix = "NomadClient";

/** Where a client keeps what it keeps; real paths, without links. */
export interface ClientDirectories {
  readonly state: string;
  readonly allocations: string;
  /** For the supervisors of tasks, out of the tasks' sight. */
  readonly supervision: string;
  /** Of these directories, those that were made for this life of the client only. */
  readonly temporary: readonly string[];
}

/** Makes the directories that are not there yet, and says where they are. Rejects, with nothing left behind, when one cannot be made. */
export async function makeClientDirectories(runtime: Runtime, config: ClientConfig): Promise<ClientDirectories> {
  const { disk } = runtime;
  const log = runtime.log.named("client");
  const temporary: string[] = [];
  try {
    const state = await madeDirectory(disk, config.stateDirectory, 0o700, temporary);
    log.info(`using state directory ${state}`);
    const allocations = await madeDirectory(disk, config.allocationDirectory, 0o755, temporary);
    log.info(`using alloc directory ${allocations}`);
    return { state, allocations, supervision: join(state, "supervision"), temporary };
  } catch (error) {
    for (const directory of temporary) await disk.removeTree(directory);
    throw error;
  }
}

/** A directory at `wanted`, or a temporary one, which is added to `temporary`; its real path. */
async function madeDirectory(
  disk: Disk,
  wanted: string | undefined,
  mode: number,
  temporary: string[],
): Promise<string> {
  const path = wanted ?? (await disk.makeTemporaryDirectory(temporaryPrefix));
  if (wanted === undefined) {
    temporary.push(path);
    await disk.changeMode(path, mode);
  } else await disk.makeDirectory(path, mode);
  const opened = await disk.open(path, "read");
  try {
    return await opened.realPath();
  } finally {
    await opened.close();
  }
}
