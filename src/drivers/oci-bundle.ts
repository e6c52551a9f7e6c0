import { join } from "node:path";
import type { Disk } from "../runtime/index.ts";
import { DriverStartError, type TaskDirectories } from "./driver.ts";
import { presentOn, type ShownPath, takenNames } from "./host-view.ts";
import { seccompFilter } from "./seccomp.ts";

/** What a bundle's configuration is made of. */
export interface BundleOptions {
  /** Command and arguments as the task sees them. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly hostname: string;
  readonly directories: TaskDirectories;
  /** What the task sees of the host. */
  readonly shown: readonly ShownPath[];
}

/** How many descriptors a task may have open, if the agent itself may have as many. */
const descriptorLimit = 65_536;

/** What root may do inside; other users have no capability at all. */
const capabilitiesOfRoot = ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"];

/**
 * The `config.json` of an OCI bundle for one task: name spaces of its own for processes, mounts, ipc and host name, the
 * network of the host, few capabilities or none, no new privileges, a filter of system calls, and no core dumps, which
 * would hold its secrets. Its control groups are those of whoever starts the runtime.
 * Source: OCI runtime specification 1.0.2.
 */
export async function bundleConfig(disk: Disk, options: BundleOptions): Promise<object> {
  const { directories, env, user, hostname, args, shown } = options;
  const capabilities = user.uid === 0 ? capabilitiesOfRoot : [];
  const descriptors = Math.min(descriptorLimit, await ownDescriptorLimit(disk));
  return {
    ociVersion: "1.0.2",
    root: { path: "rootfs", readonly: false },
    hostname,
    process: {
      ...{ terminal: false, user, cwd: "/", args, noNewPrivileges: true },
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [
        { type: "RLIMIT_NOFILE", soft: descriptors, hard: descriptors },
        { type: "RLIMIT_CORE", soft: 0, hard: 0 },
      ],
    },
    mounts: [
      ...kernelMounts,
      ...(await presentOn(disk, shown)).map(({ source, destination }) => bind(source, destination, ["ro", "nosuid"])),
      ...(await taskMounts(disk, directories, takenNames(shown))),
      bind(directories.shared, "/alloc", ["rw", "nosuid"]),
      await secretsMount(disk, directories, user),
    ],
    linux: {
      seccomp: seccompFilter,
      namespaces: [{ type: "pid" }, { type: "mount" }, { type: "ipc" }, { type: "uts" }],
      maskedPaths: ["acpi", "kcore", "keys", "latency_stats", "sched_debug", "timer_list"].map(inProc),
      readonlyPaths: ["bus", "fs", "irq", "sys", "sysrq-trigger"].map(inProc),
    },
  };
}

const kernelMounts = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
  { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "mode=0620"] },
  { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "nodev", "mode=1777", "size=65536k"] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
];

/**
 * The task's directory is its root as far as it has names of its own there. A link would lead the mount to whatever
 * the host has at its end: where it is needed it is refused, elsewhere it is not shown.
 */
async function taskMounts(disk: Disk, { task }: TaskDirectories, takenNames: ReadonlySet<string>): Promise<object[]> {
  await disk.makeDirectory(join(task, "tmp"), 0o777);
  const entries = await disk.list(task);
  const own = entries.filter(({ name, isLink }) => !isLink && !takenNames.has(name)).map(({ name }) => name);
  for (const needed of ["local", "tmp"]) {
    const entry = entries.find(({ name }) => name === needed);
    if (!entry?.isDirectory) throw new DriverStartError(`"${join(task, needed)}" is not a directory`);
  }
  return ["local", "tmp", ...own].map((name) => bind(join(task, name), `/${name}`, ["rw", "nosuid"]));
}

/** Always in memory: the agent's directory for secrets if that is a file system of its own, else one for this task. */
async function secretsMount(disk: Disk, { secrets }: TaskDirectories, user: BundleOptions["user"]): Promise<object> {
  if (secrets !== undefined && (await isMountPoint(disk, secrets)))
    return bind(secrets, "/secrets", ["rw", "nosuid", "noexec"]);
  const options = ["nosuid", "noexec", "nodev", "size=1024k", "mode=0700", `uid=${user.uid}`, `gid=${user.gid}`];
  return { destination: "/secrets", type: "tmpfs", source: "tmpfs", options };
}

/** The kernel writes some characters of a mount's path, its fifth field, as octal numbers. */
async function isMountPoint(disk: Disk, path: string): Promise<boolean> {
  const written = path.replace(
    /[ \t\n\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
  const mounts = Buffer.from(await disk.read("/proc/self/mountinfo")).toString();
  return mounts.split("\n").some((line) => line.split(" ")[4] === written);
}

/** A task cannot have more than the agent; where that cannot be read it gets what is common. */
async function ownDescriptorLimit(disk: Disk): Promise<number> {
  const limits = Buffer.from(await disk.read("/proc/self/limits")).toString();
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? 1024);
}

function bind(source: string, destination: string, options: readonly string[]): object {
  return { destination, type: "bind", source, options: ["rbind", "nodev", ...options] };
}

function inProc(name: string): string {
  return `/proc/${name}`;
}
