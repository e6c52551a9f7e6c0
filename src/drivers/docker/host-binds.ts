import { dirname, isAbsolute, join, normalize, relative } from "node:path/posix";
import type { Disk } from "../../runtime/index.ts";
import { DriverStartError, type TaskDirectories } from "../driver.ts";

/** What the operator says about what containers see of the host. */
export interface BindRules {
  /** Whether a job may name paths outside of its allocation, and volumes of the engine. */
  readonly mayLeave: boolean;
  /** Put behind each bind for SELinux; empty for none. */
  readonly seLinuxLabel: string;
}

/** The options that a job may put behind a volume; the engine knows more, which change the host. */
const allowedOptions: ReadonlySet<string> = new Set(["ro", "rw", "z", "Z"]);
const openToAll = 0o777;

/**
 * What a container sees of the host, in the engine's words: the allocation's shared directory, the task's own, its
 * secrets, and the job's volumes. What a job names is followed to where it really leads before it is allowed, and so are
 * the directories themselves: a container that is root may put a link in the place of its secrets. To be asked anew
 * whenever time has passed. Throws `DriverStartError`.
 */
export async function hostBinds(
  disk: Disk,
  directories: TaskDirectories,
  volumes: readonly string[],
  rules: BindRules,
): Promise<readonly string[]> {
  const { shared, task, secrets } = directories;
  const own: (readonly string[])[] = [
    [await ownDirectory(disk, directories, shared), "/alloc"],
    // All of it, as in Nomad 0.4.1, and not only its `local`.
    [await ownDirectory(disk, directories, task), "/local"],
  ];
  if (secrets !== undefined) own.push([await ownDirectory(disk, directories, secrets), "/secrets"]);
  const asked: (readonly string[])[] = [];
  for (const volume of volumes) asked.push(await volumeBind(disk, directories, volume, rules));
  return [...own, ...asked].map((parts) => withLabel(parts, rules.seLinuxLabel).join(":"));
}

function withLabel(parts: readonly string[], label: string): readonly string[] {
  if (label === "") return parts;
  const [source = "", destination = "", options] = parts;
  return [source, destination, options === undefined ? label : `${options},${label}`];
}

/** One of the allocation's directories where it really is. Only to the allocation itself may links lead. */
async function ownDirectory(disk: Disk, { task }: TaskDirectories, path: string): Promise<string> {
  const root = dirname(task);
  const realRoot = await realPath(disk, root);
  const real = await realPath(disk, path);
  if (realRoot !== undefined && real === join(realRoot, relative(root, path))) return real;
  throw new DriverStartError(`${JSON.stringify(path)} is gone, or a link leads elsewhere in its place`);
}

async function volumeBind(
  disk: Disk,
  directories: TaskDirectories,
  volume: string,
  { mayLeave }: BindRules,
): Promise<readonly string[]> {
  const [source = "", destination = "", options, ...more] = volume.split(":");
  const refuse = (problem: string) =>
    new DriverStartError(`invalid docker volume ${JSON.stringify(volume)}: ${problem}`);
  if (source === "" || !isAbsolute(destination) || more.length > 0) {
    throw refuse("it must be source:/path/in/container or source:/path/in/container:options");
  }
  const unknown = options?.split(",").find((each) => !allowedOptions.has(each));
  if (unknown !== undefined) throw refuse(`option "${unknown}" is not allowed`);
  const rest = options === undefined ? [destination] : [destination, options];
  // A name without any slash is a volume of the engine when the operator allows these, else a directory of the task.
  if (mayLeave && !source.includes("/")) return [source, ...rest];
  const path = isAbsolute(source) ? normalize(source) : join(directories.task, source);
  if (mayLeave) return [path, ...rest];
  const root = dirname(directories.task);
  if (!isWithin(root, path)) throw refuse('it leads out of the allocation, and "docker.volumes.enabled" is not true');
  const real = await madeWithin(disk, path, root);
  if (real === undefined) throw refuse('it leads through a link, and "docker.volumes.enabled" is not true');
  return [real, ...rest];
}

/** The path with what is missing of it made; undefined when any part of it is a link. */
async function madeWithin(disk: Disk, path: string, root: string): Promise<string | undefined> {
  const realRoot = await realPath(disk, root);
  if (realRoot === undefined) return undefined;
  let at = realRoot;
  for (const name of relative(root, path)
    .split("/")
    .filter((each) => each !== "")) {
    at = join(at, name);
    const there = await realPath(disk, at);
    if (there === undefined) await disk.makeDirectory(at, openToAll);
    else if (there !== at) return undefined;
  }
  return (await realPath(disk, at)) === at ? at : undefined;
}

/** Where a path really leads; undefined when there is nothing. */
async function realPath(disk: Disk, path: string): Promise<string | undefined> {
  try {
    const file = await disk.open(path, "read");
    try {
      return await file.realPath();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as { readonly code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith("../");
}
