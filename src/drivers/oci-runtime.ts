import { join } from "node:path";
import type { Disk, Program } from "../runtime/index.ts";
import { isFile } from "./command.ts";

/** Where programs for administrators are, besides the agent's PATH. */
const administratorPath = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";

/** Files of a run, in its supervision directory, which is also the bundle. */
export const bundleFiles = {
  config: "config.json",
  rootfs: "rootfs",
  pid: "container.pid",
  log: "runtime.log",
} as const;

/** Where this host has crun; undefined if it has not. */
export async function findOciRuntime(disk: Disk, hostPath: string): Promise<string | undefined> {
  for (const directory of `${hostPath}:${administratorPath}`.split(":")) {
    const path = join(directory, "crun");
    if (directory.startsWith("/") && (await isFile(disk, path, { executable: true }))) return path;
  }
  return undefined;
}

/**
 * The program that runs the bundle in `directory` to its end. It keeps all its own files there, so that one name serves
 * all containers, and leaves the control groups alone: the task stays in those the program itself is started in.
 */
export async function ociProgram(disk: Disk, runtime: string, directory: string): Promise<Program> {
  const at = (name: string) => join(directory, name);
  const invocation = [
    ...[runtime, "--root", at("containers"), "--cgroup-manager", "disabled", "--log", at(bundleFiles.log)],
    ...["run", "--bundle", directory, "--pid-file", at(bundleFiles.pid), "task"],
  ];
  const [command, ...args] = (await hasHybridHierarchy(disk)) ? [...withoutSecondHierarchy, ...invocation] : invocation;
  return { command: command as string, args, env: { PATH: administratorPath }, workingDirectory: directory };
}

/**
 * crun refuses to run where version 2 of control groups has controllers beside version 1. So it is shown a world, in a
 * mount name space of its own, that has version 1 alone.
 */
const withoutSecondHierarchy = [
  ...["/usr/bin/unshare", "--mount", "--propagation", "private"],
  ...["/bin/sh", "-c", 'umount -l /sys/fs/cgroup/unified && exec "$@"', "nomad-oci"],
];

async function hasHybridHierarchy(disk: Disk): Promise<boolean> {
  return (await textIfThere(disk, "/sys/fs/cgroup/unified/cgroup.controllers")).trim() !== "";
}

/** Writes the bundle's configuration, which holds the task's environment, for the agent's user alone. */
export async function writeBundle(disk: Disk, directory: string, config: object): Promise<void> {
  await disk.makeDirectory(join(directory, bundleFiles.rootfs), 0o755);
  await disk.changeMode(directory, 0o700);
  const file = await disk.open(join(directory, bundleFiles.config), "append", 0o600);
  try {
    await file.append(Buffer.from(JSON.stringify(config)));
  } finally {
    await file.close();
  }
}

/** The text of a file; empty when there is none. */
export async function textIfThere(disk: Disk, path: string): Promise<string> {
  try {
    return Buffer.from(await disk.read(path)).toString();
  } catch (error) {
    if (isAbsence(error)) return "";
    throw error;
  }
}

/** Whether something is there that this user can see. */
export async function exists(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.status(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "ESRCH";
}
