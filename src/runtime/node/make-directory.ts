import { closeSync, constants, fchmodSync, fchownSync, mkdirSync, openSync } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import type { NewDirectory } from "../disk.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Makes a directory with its parents and exactly this mode; false when it was there, and is left as it is. */
export async function makeDirectory(path: string, mode?: number): Promise<boolean> {
  const isNew = await madeDirectory(path, mode);
  // It is a moment old: this does not wait for the disk.
  if (isNew && mode !== undefined) changeNew(path, { path, mode });
  return isNew;
}

/** How many milliseconds of a process a disk may take at once. */
const patience = 3;

/**
 * Makes directories of which the first contains the others, in their order. Where the first is new the others are made at once, for as
 * long as that takes no time to speak of: on a disk that is well, a file thread for each of their dozens of steps takes many
 * times as long as the steps. A disk that hangs holds up the making of the first, which waits in a thread in any case.
 */
export async function makeDirectories(directories: readonly NewDirectory[]): Promise<void> {
  const [first, ...others] = directories;
  if (first === undefined) return;
  const isNew = await makeDirectory(first.path, first.mode);
  if (first.owner !== undefined) await fs.lchown(first.path, first.owner.uid, first.owner.gid);
  const began = performance.now();
  for (const directory of others) {
    if (isNew && performance.now() - began < patience && madeAtOnce(directory)) continue;
    if (await madeDirectory(directory.path, directory.mode)) changeNew(directory.path, directory);
    else if (directory.owner !== undefined) {
      await fs.lchown(directory.path, directory.owner.uid, directory.owner.gid);
    }
  }
}

/** False when something was there: two may have been given one path. */
function madeAtOnce(directory: NewDirectory): boolean {
  try {
    mkdirSync(directory.path, { mode: directory.mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  changeNew(directory.path, directory);
  return true;
}

/** What a umask takes away; nobody's takes anything from the owner. */
const forOthers = 0o077;

/** Of the directory itself: whoever may write beside it could have put a link to something else in its place. */
function changeNew(path: string, { mode, owner }: NewDirectory): void {
  if ((mode & forOthers) === 0 && owner === undefined) return;
  const directory = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchmodSync(directory, mode);
    if (owner !== undefined) fchownSync(directory, owner.uid, owner.gid);
  } finally {
    closeSync(directory);
  }
}

/**
 * Makes a directory with its parents; false when it was there. Node's own way never comes back from a file system
 * that lets nobody make directories and says that the path is not there, as `/proc` does.
 */
async function madeDirectory(path: string, mode?: number): Promise<boolean> {
  const parent = dirname(path);
  try {
    return await madeLastDirectory(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
  }
  await madeDirectory(parent, mode);
  return madeLastDirectory(path, mode);
}

async function madeLastDirectory(path: string, mode?: number): Promise<boolean> {
  try {
    await fs.mkdir(path, { mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !(await fs.stat(path)).isDirectory()) throw error;
    return false;
  }
}
