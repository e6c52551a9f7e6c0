import { dirname, join } from "node:path/posix";
import type { Random } from "../base/index.ts";
import { DatabaseFailure, type Databases, type Disk, type Log } from "../runtime/index.ts";
import type { ServerID } from "./core/membership.ts";
import { DatabaseLogStore, explainedFailure, LOG_LAYOUT, newLogContent } from "./database-log-store.ts";
import { LogStoreDamaged } from "./errors.ts";
import { FileSnapshotStore } from "./file-snapshot-store.ts";
import type { LogStore } from "./log-store.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

const DATABASE = "raft.db";
const SNAPSHOTS = "snapshots";
/** Says that there has been a log here: if it is gone, somebody took it. */
const MARKER = "initialized";
/** What is only there where there has been a log: beside the marker, what the database has beside its file. */
const PROOFS = new Set([MARKER, `${DATABASE}-confirmed`, `${DATABASE}-lock`]);
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

interface StorageRuntime {
  readonly disk: Disk;
  readonly databases: Databases;
  readonly log: Log;
  readonly random: Random;
}

export interface RaftStorage {
  readonly store: LogStore;
  readonly snapshots: SnapshotStore;
  /**
   * The server that this log makes it: drawn by chance when the log began, so that a server which has lost its log comes
   * back as another, and nobody counts on what the lost one had promised. Undefined in logs from before there were names.
   */
  readonly id: ServerID | undefined;
}

/**
 * Opens what a server keeps of Raft in `directory`, or begins it there if nothing is. Rejects with `LogStoreDamaged` when
 * something is there but not all of it, with `LogStoreFull` or with `LogStoreBroken`; then nothing was changed.
 */
export async function openRaftStorage(
  runtime: StorageRuntime,
  directory: string,
  { chunkBytes }: { readonly chunkBytes?: number } = {},
): Promise<RaftStorage> {
  const { disk, databases } = runtime;
  const log = runtime.log.named("raft");
  const path = join(directory, DATABASE);
  const snapshots = join(directory, SNAPSHOTS);
  await disk.makeDirectory(directory, DIRECTORY_MODE);
  await closeToOthers(disk, directory, log);
  await disk.makeDirectory(snapshots, DIRECTORY_MODE);
  await syncAncestors(disk, snapshots);
  try {
    if (!(await databases.exists(path))) await begin(runtime, directory);
    const database = await databases.open(path, LOG_LAYOUT, (bytes) =>
      log.warn("dropped a write that was cut short before it was confirmed", { file: path, bytes }),
    );
    const store = new DatabaseLogStore(database, path, directory);
    const id = await identityOf(store);
    await disk.writeAtomically(join(directory, MARKER), Buffer.from("1\n"), FILE_MODE);
    return { store, snapshots: new FileSnapshotStore(disk, snapshots, chunkBytes), id };
  } catch (error) {
    throw error instanceof DatabaseFailure ? explainedFailure(error, directory) : error;
  }
}

/** A log that cannot say whose it is leaves nothing open. */
async function identityOf(store: DatabaseLogStore): Promise<ServerID | undefined> {
  try {
    return await store.identity();
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A directory made by somebody else may be open to all. */
async function closeToOthers(disk: Disk, directory: string, log: Log): Promise<void> {
  const { mode } = await disk.status(directory);
  if ((mode & 0o077) === 0) return;
  log.warn("others could read what this server keeps, it is closed to them now", { directory });
  await disk.changeMode(directory, DIRECTORY_MODE);
}

async function begin({ disk, databases, random }: StorageRuntime, directory: string): Promise<void> {
  const path = join(directory, DATABASE);
  const others = [
    ...(await disk.list(directory)).filter(({ name }) => PROOFS.has(name)).map(({ name }) => join(directory, name)),
    ...(await disk.list(join(directory, SNAPSHOTS))).map(({ name }) => join(directory, SNAPSHOTS, name)),
  ];
  const proof = others[0];
  if (proof !== undefined) throw new LogStoreDamaged(directory, `"${path}" is missing, although there is "${proof}"`);
  await databases.create(path, LOG_LAYOUT, newLogContent(random.uuid()));
}

/** A directory outlives a power cut only when the ones that lead to it are synced; those that we may not read are older. */
async function syncAncestors(disk: Disk, path: string): Promise<void> {
  for (let at = dirname(path); ; at = dirname(at)) {
    try {
      await syncDirectory(disk, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EACCES") return;
      throw error;
    }
    if (at === dirname(at)) return;
  }
}

async function syncDirectory(disk: Disk, path: string): Promise<void> {
  const directory = await disk.open(path, "read");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
