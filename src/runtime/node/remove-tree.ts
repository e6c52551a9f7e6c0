import { randomBytes } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";

// A directory is opened, found to be on the file system that it should be on, and then emptied by way of its
// descriptor (`/proc/self/fd/<n>/<name>`): whatever links or mounts are put in the way meanwhile, nothing outside is
// reached. Names are never looked up from the root again, so depth is no matter either.

/** Directories that are open at once: what lies deeper is first moved up. */
const deepest = 40;

/** A directory or file below what was to be removed is where another file system, or another part of one, is mounted. */
class MountInTheWay extends Error {
  override readonly name = "MountInTheWay";
  readonly code = "EBUSY";

  constructor(path: string, options?: ErrorOptions) {
    super(`Cannot remove "${path}": something is mounted there`, options);
  }
}

/**
 * Removes a directory and all below it; a file or a link at `path` is removed itself, and absence is fine. Links are not
 * followed. Rejects with the code `EBUSY` at anything that is mounted; what is there is not touched, and of the rest
 * some may be gone.
 */
export async function removeTree(path: string): Promise<void> {
  const top = await openDirectory(path);
  if (top === undefined) return;
  try {
    const mount = await mountOf(top);
    if (mount !== (await mountOfParent(path))) throw new MountInTheWay(path);
    await new Removal(path, top, mount).empty();
  } finally {
    await top.close();
  }
  await removeEmpty(path, path);
}

class Removal {
  readonly #path: string;
  readonly #top: fs.FileHandle;
  readonly #mount: string;
  #moved = 0;

  /** `path` is for messages only. */
  constructor(path: string, top: fs.FileHandle, mount: string) {
    this.#path = path;
    this.#top = top;
    this.#mount = mount;
  }

  /** Again as long as something was moved up. */
  async empty(): Promise<void> {
    let before: number;
    do {
      before = this.#moved;
      await this.#emptyDirectory(this.#top, this.#path, 1);
    } while (this.#moved > before);
  }

  async #emptyDirectory(directory: fs.FileHandle, path: string, depth: number): Promise<void> {
    for (const entry of await fs.readdir(inside(directory), { withFileTypes: true })) {
      await this.#removeEntry(directory, entry, `${path}/${entry.name}`, depth);
    }
  }

  async #removeEntry(directory: fs.FileHandle, entry: Dirent, path: string, depth: number): Promise<void> {
    const name = `${inside(directory)}/${entry.name}`;
    if (!entry.isDirectory()) return removeFile(name, path);
    if (depth >= deepest) return this.#moveUp(name, path);
    const child = await openDirectory(name);
    if (child === undefined) return;
    try {
      if ((await mountOf(child)) !== this.#mount) throw new MountInTheWay(path);
      await this.#emptyDirectory(child, path, depth + 1);
    } finally {
      await child.close();
    }
    await removeEmpty(name, path);
  }

  /** The kernel refuses it for what is mounted. */
  async #moveUp(name: string, path: string): Promise<void> {
    this.#moved += 1;
    try {
      await fs.rename(name, `${inside(this.#top)}/.removed-${randomBytes(8).toString("hex")}`);
    } catch (error) {
      throw mountRefused(error) ? new MountInTheWay(path, { cause: error }) : error;
    }
  }
}

function inside(directory: fs.FileHandle): string {
  return `/proc/self/fd/${directory.fd}`;
}

/** Undefined when nothing is there, or no directory, which is then removed. */
async function openDirectory(path: string): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code !== "ENOTDIR" && code !== "ELOOP") throw error;
    await removeFile(path, path);
    return undefined;
  }
}

/** By which mount a directory was reached: two parts of one file system have the same device, and not the same mount. */
async function mountOf(directory: fs.FileHandle): Promise<string> {
  const text = await fs.readFile(`/proc/self/fdinfo/${directory.fd}`, "latin1");
  return /^mnt_id:\s*(\d+)$/m.exec(text)?.[1] ?? "";
}

async function mountOfParent(path: string): Promise<string> {
  const parent = await fs.open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await mountOf(parent);
  } finally {
    await parent.close();
  }
}

async function removeFile(name: string, path: string): Promise<void> {
  try {
    await fs.unlink(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw mountRefused(error) ? new MountInTheWay(path, { cause: error }) : error;
  }
}

async function removeEmpty(name: string, path: string): Promise<void> {
  try {
    await fs.rmdir(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw mountRefused(error) ? new MountInTheWay(path, { cause: error }) : error;
  }
}

function mountRefused(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EBUSY" || code === "EXDEV";
}
