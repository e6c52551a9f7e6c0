import { join, relative } from "node:path";
import * as z from "zod";
import type { Disk } from "../runtime/index.ts";
import { passableList, passableText } from "./config-schema.ts";
import { DriverStartError, type TaskDirectories } from "./driver.ts";

/** The `config` block of drivers that run a command. */
export const commandConfig = z.object({ command: passableText("command"), args: passableList("args") });
export type CommandConfig = z.infer<typeof commandConfig>;

/** A program that was found. */
export interface FoundCommand {
  /** Where the host has it. */
  readonly path: string;
  /** Where a task finds it that sees its own directory as root. */
  readonly pathInside: string;
}

/**
 * Finds the program a task names: in its `local` directory, in its directory, in the directory it shares, then where
 * the host looks for programs. What the task brought along is made executable. Throws `DriverStartError`.
 */
export async function findCommand(
  disk: Disk,
  command: string,
  options: { readonly directories: TaskDirectories; readonly hostPath: string },
): Promise<FoundCommand> {
  refuseSeveralWords(command);
  const elsewhere = pathOnHost(disk, command, options.hostPath);
  // Its failure is told where it is waited for.
  elsewhere.catch(() => undefined);
  const own = await firstFile(disk, ownCandidates(command, options.directories));
  if (own !== undefined) {
    await makeExecutable(disk, own.path, options.directories);
    return own;
  }
  const onHost = await elsewhere;
  if (onHost !== undefined) return { path: onHost, pathInside: onHost };
  throw new DriverStartError(`binary ${JSON.stringify(command)} could not be found`);
}

/** Where the host has the program; undefined if it has none of that name. */
export async function pathOnHost(disk: Disk, command: string, hostPath: string): Promise<string | undefined> {
  for (const path of hostCandidates(command, hostPath)) {
    if (await isFile(disk, path, { executable: true })) return path;
  }
  return undefined;
}

function refuseSeveralWords(command: string): void {
  const trimmed = command.trim();
  if (trimmed === "") throw new DriverStartError(`command empty: ${JSON.stringify(command)}`);
  if (trimmed !== command) throw new DriverStartError(`command contains extra white space: ${JSON.stringify(command)}`);
  if (!command.includes(" ")) return;
  throw new DriverStartError('command contained more than one input. Use "args" field to pass arguments');
}

/** Places below the task's own directories; a path that climbs out of them is none. */
function ownCandidates(command: string, { local, task, shared }: TaskDirectories): FoundCommand[] {
  const below = (directory: string, inside: string, name: string): FoundCommand[] => {
    const path = join(directory, name);
    return isBelow(directory, path) ? [{ path, pathInside: join(inside, relative(directory, path)) }] : [];
  };
  const sharedName = /^\/?alloc(\/.*)$/.exec(command)?.[1];
  return [
    ...below(local, "/local", command),
    ...below(task, "/", command),
    ...(sharedName === undefined ? [] : below(shared, "/alloc", sharedName)),
  ];
}

/** A command with a slash is no name to look for: it is where it says, if it says so from the root. */
function hostCandidates(command: string, hostPath: string): string[] {
  if (command.startsWith("/")) return [command];
  if (command.includes("/")) return [];
  const directories = hostPath.split(":").filter((directory) => directory.startsWith("/"));
  return directories.map((directory) => join(directory, command));
}

async function firstFile(disk: Disk, candidates: readonly FoundCommand[]): Promise<FoundCommand | undefined> {
  const areThere = await Promise.all(candidates.map(({ path }) => isFile(disk, path)));
  return candidates.find((_, i) => areThere[i]);
}

/** Whether `path` leads to a plain file; with `executable` to one that may be run. */
export async function isFile(
  disk: Disk,
  path: string,
  options: { readonly executable?: boolean } = {},
): Promise<boolean> {
  try {
    const status = await disk.status(path);
    return status.isFile && (options.executable !== true || (status.mode & 0o111) !== 0);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "ELOOP") return false;
    throw error;
  }
}

/**
 * Adds the right to read and to run it for all. Through the open file, and only if that really is the task's: a link
 * must not make one of the host's files readable.
 */
async function makeExecutable(disk: Disk, path: string, { task, shared }: TaskDirectories): Promise<void> {
  const file = await disk.open(path, "read");
  try {
    const [status, realPath] = await Promise.all([file.status(), file.realPath()]);
    const isOwn = isBelow(task, realPath) || isBelow(shared, realPath);
    if (isOwn && status.isFile && (status.mode & 0o555) !== 0o555)
      await file.changeMode((status.mode & 0o7777) | 0o555);
  } finally {
    await file.close();
  }
}

function isBelow(directory: string, path: string): boolean {
  return path.startsWith(`${directory}/`);
}
