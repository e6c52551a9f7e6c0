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

/** Programs that run bundles, the lightest first. */
const runtimeNames = ["crun", "runc"] as const;

/** A program of this host that runs OCI bundles. */
export interface OciRuntime {
  readonly name: (typeof runtimeNames)[number];
  readonly path: string;
}

/** The runtime this host has; undefined if it has none. */
export async function findOciRuntime(disk: Disk, hostPath: string): Promise<OciRuntime | undefined> {
  const directories = `${hostPath}:${administratorPath}`.split(":").filter((directory) => directory.startsWith("/"));
  for (const name of runtimeNames) {
    for (const directory of directories) {
      const path = join(directory, name);
      if (await isFile(disk, path, { executable: true })) return { name, path };
    }
  }
  return undefined;
}

/**
 * The program that runs the bundle in `directory` to its end. It keeps all its own files there, so that one name serves
 * all containers, and leaves the control groups alone: the task stays in those the program itself is started in.
 */
export async function ociProgram(disk: Disk, runtime: OciRuntime, directory: string): Promise<Program> {
  const pidFile = join(directory, bundleFiles.pid);
  return invocation(disk, runtime, directory, ["run", "--bundle", directory, "--pid-file", pidFile, "task"]);
}

/**
 * The program that runs a command in the container of the bundle in `directory`: as the task's user, with its variables and
 * all that binds it. `file`, which must not exist yet, says so to the runtime, and is to be removed afterwards.
 */
export async function besideProgram(
  disk: Disk,
  runtime: OciRuntime,
  directory: string,
  { args, file }: { readonly args: readonly string[]; readonly file: string },
): Promise<Program> {
  const config = JSON.parse(await textIfThere(disk, join(directory, bundleFiles.config)));
  await writeSecret(disk, file, JSON.stringify({ ...config.process, args }));
  return invocation(disk, runtime, directory, ["exec", "--process", file, "task"]);
}

/** The runtime with files of its own in `directory`. */
async function invocation(
  disk: Disk,
  runtime: OciRuntime,
  directory: string,
  action: readonly string[],
): Promise<Program> {
  const at = (name: string) => join(directory, name);
  const { before, options } = await leavingGroupsAlone(disk, runtime);
  const plain = [runtime.path, "--root", at("containers"), ...options, "--log", at(bundleFiles.log)];
  const [command, ...args] = [...before, ...plain, ...action];
  return { command: command as string, args, env: { PATH: administratorPath }, workingDirectory: directory };
}

/** How a runtime is kept from making control groups of its own: what stands before it, and its options. */
interface GroupsLeftAlone {
  readonly before: readonly string[];
  readonly options: readonly string[];
}

async function leavingGroupsAlone(disk: Disk, { name }: OciRuntime): Promise<GroupsLeftAlone> {
  if (name === "runc") return { before: inOwnMounts(groupsReadOnly), options: ["--rootless", "true"] };
  const isHybrid = (await textIfThere(disk, "/sys/fs/cgroup/unified/cgroup.controllers")).trim() !== "";
  return { before: isHybrid ? inOwnMounts(withoutSecondHierarchy) : [], options: ["--cgroup-manager", "disabled"] };
}

/** Runs a line of shell, and then what follows, in a mount name space of its own: the host sees nothing of it. */
function inOwnMounts(line: string): readonly string[] {
  const inside = ["/bin/sh", "-c", `${line} && exec "$@"`, "nomad-oci"];
  return ["/usr/bin/unshare", "--mount", "--propagation", "private", ...inside];
}

/** crun refuses to run where version 2 of control groups has controllers beside version 1, so it is shown only that. */
const withoutSecondHierarchy = "umount -l /sys/fs/cgroup/unified";

/** runc has no option for it, but does without groups where it may not make any and is told that it need not be root. */
const groupsReadOnly = [
  'while read -r _ path type _; do case "$type" in',
  'cgroup | cgroup2) mount -o remount,bind,ro "$path" || exit;;',
  "esac; done </proc/self/mounts",
].join(" ");

/** Writes the bundle's configuration, which holds the task's environment, for the agent's user alone. */
export async function writeBundle(disk: Disk, directory: string, config: object): Promise<void> {
  await disk.makeDirectory(join(directory, bundleFiles.rootfs), 0o755);
  await disk.changeMode(directory, 0o700);
  await writeSecret(disk, join(directory, bundleFiles.config), JSON.stringify(config));
}

async function writeSecret(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, "append", 0o600);
  try {
    await file.append(Buffer.from(text));
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
