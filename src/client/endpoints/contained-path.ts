import { basename, join, normalize } from "node:path/posix";
import { RpcError } from "../../api/index.ts";
import type { Disk, FileStatus, OpenFile } from "../../runtime/index.ts";

/** Directories of a task that hold what nobody else may read; matched in any case, for file systems that do not mind it. */
const withheld: ReadonlySet<string> = new Set(["secrets", "private"]);

/** The longest path Linux takes, in bytes. */
const longestPath = 4096;

const escapes = "Path escapes the alloc directory";

/** As many links as Linux follows. */
const mostLinks = 40;

/** Something below an allocation's directory, opened and then found to be there. Its owner closes it. */
export interface ContainedFile {
  readonly file: OpenFile;
  readonly status: FileStatus;
  /** Where it really is, every link followed. */
  readonly realPath: string;
}

/**
 * Opens `path` below the allocation's directory `root`: first it is opened, then what was opened is checked, and the
 * caller reads from that very descriptor, so that nothing a task does to its links in between matters. A leading slash
 * means the allocation's directory. Rejects with `RpcError`: outside, secret, absent (`<verb> <path>: no such file or
 * directory`), or neither file nor directory. Links that say to lead outside or to secrets are refused before anything is
 * opened, so that the answer does not depend on what is there.
 */
export async function openContained(disk: Disk, root: string, path: string, verb: string): Promise<ContainedFile> {
  const relative = withinRoot(path);
  const wanted = join(root, relative).replace(/(.)\/$/, "$1");
  const rootPath = await realPathOf(disk, root, verb);
  refuseSecret(await linksFollowed(disk, [root, rootPath], relative));
  const file = await openOrRefuse(disk, wanted, verb);
  try {
    const realPath = await file.realPath();
    refuseOutside(rootPath, realPath);
    const status = await file.status();
    if (!status.isFile && !status.isDirectory) throw refusal(`file ${JSON.stringify(path)} is not a regular file`);
    return { file, realPath, status: { ...status, name: basename(wanted) } };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What `path` means below the allocation's directory, if it does not leave it or lead to a secret by its own words. */
function withinRoot(path: string): string {
  if (path.includes("\0")) throw refusal("path holds a null character", 400);
  if (Buffer.byteLength(path) > longestPath) throw refusal(`path of ${Buffer.byteLength(path)} bytes is too long`, 400);
  const relative = normalize(`./${path}`);
  if (relative === ".." || relative.startsWith("../")) throw refusal(escapes);
  refuseSecret(relative);
  return relative;
}

/**
 * Where `relative` leads below a root by what its links say, whether anything is there or not. Refuses a link that leaves
 * the root, though it may come back. `roots` are the paths by which a link may name it: the first is the one to look into.
 */
async function linksFollowed(disk: Disk, roots: readonly [string, ...string[]], relative: string): Promise<string> {
  const ahead = relative.split("/").reverse();
  let at: string[] = [];
  // More links than these cannot be opened anyway.
  for (let links = 0; ahead.length > 0 && links <= mostLinks; ) {
    const name = ahead.pop() as string;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (at.pop() === undefined) throw refusal(escapes);
      continue;
    }
    const target = await disk.readLink(join(roots[0], ...at, name)).catch(() => undefined);
    if (target === undefined) {
      at.push(name);
      continue;
    }
    links += 1;
    if (target.startsWith("/")) at = [];
    ahead.push(...belowRoot(target, roots).split("/").reverse());
  }
  return at.join("/");
}

/** What a link says, as a relative path; that of an absolute one is relative to the root. */
function belowRoot(target: string, roots: readonly string[]): string {
  if (!target.startsWith("/")) return target;
  const root = roots.find((path) => `${target}/`.startsWith(`${path}/`));
  if (root === undefined) throw refusal(escapes);
  return target.slice(root.length);
}

function refuseOutside(root: string, realPath: string): void {
  if (realPath === root) return;
  if (!realPath.startsWith(`${root}/`)) throw refusal(escapes);
  refuseSecret(realPath.slice(root.length + 1));
}

/** `<task>/secrets` and all below it. */
function refuseSecret(relative: string): void {
  const directory = relative.split("/")[1]?.toLowerCase();
  if (directory !== undefined && withheld.has(directory)) {
    throw refusal(`Reading secret file prohibited: ${JSON.stringify(relative)}`, 403);
  }
}

async function realPathOf(disk: Disk, directory: string, verb: string): Promise<string> {
  const opened = await openOrRefuse(disk, directory, verb);
  try {
    return await opened.realPath();
  } finally {
    await opened.close();
  }
}

async function openOrRefuse(disk: Disk, path: string, verb: string): Promise<OpenFile> {
  try {
    return await disk.open(path, "read");
  } catch (error) {
    throw fileRefusal(error, path, verb);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long",
  ENXIO: "no such device or address",
  EISDIR: "is a directory",
};

/** What the system said, as Go's programs say it: `stat /path: no such file or directory`. */
export function fileRefusal(error: unknown, path: string, verb: string): RpcError {
  const code = (error as { readonly code?: unknown }).code;
  const reason = typeof code === "string" ? (reasons[code] ?? code) : String(error);
  return new RpcError(`${verb} ${path}: ${reason}`, { cause: error });
}

function refusal(message: string, code?: number): RpcError {
  return new RpcError(message, { code });
}
