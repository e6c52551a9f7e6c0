import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, existsSync, globSync, realpathSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type ArchiveEntry, writeArchive } from "./cpio-archive.ts";

/** Names the kernel that guests boot; else the newest in `/boot` is taken. */
const kernelVariable = "NOMAD_TEST_KERNEL";
const emulator = "qemu-system-x86_64";
const memoryMB = 2_048;

/** What a guest has and does. */
export interface GuestPlan {
  /** Programs of this machine, by name or path; the libraries that they need come along. */
  readonly programs: readonly string[];
  /** Files besides, by their paths in the guest. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** A line of shell, run as root when file systems are mounted; control groups are of version 2 alone. */
  readonly runs: string;
}

export interface GuestResult {
  /** Of what it ran; undefined when it did not come to its end. */
  readonly exitCode: number | undefined;
  readonly output: string;
}

/** Why no guest can be booted here; undefined when one can. */
export function guestObstacle(): string | undefined {
  if (process.arch !== "x64") return `guests are of another processor than ${process.arch}`;
  if (findProgram(emulator) === undefined) return `the program "${emulator}" is missing`;
  if (kernelPath() !== undefined) return undefined;
  return `there is no kernel to boot: ${kernelVariable} names none, and /boot has none that can be read`;
}

/** Boots Linux in an emulated machine, without network or disk, and has it run something. */
export async function runInGuest(
  { programs, files, runs }: GuestPlan,
  { timeoutSeconds }: { readonly timeoutSeconds: number },
): Promise<GuestResult> {
  const directory = await mkdtemp(join(tmpdir(), "nomad-guest-"));
  try {
    const archive = join(directory, "root.cpio");
    writeArchive(archive, entriesOf(programs, { ...files, "/init": init, "/guest/begin": begin(runs) }));
    const output = await booted(kernelPath() as string, archive, timeoutSeconds);
    const code = /^guest: exit (\d+)\r?$/m.exec(output)?.[1];
    return { exitCode: code === undefined ? undefined : Number(code), output: output.replaceAll("\r", "") };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Of the first root that Linux has no container can be made, for it cannot be left; of a mount of it over itself one can. */
const init = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin
mount --bind / /mnt && cd /mnt && mount --move . / && exec chroot . /guest/begin
`;

function begin(runs: string): string {
  return `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/mqueue /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t devpts pts /dev/pts
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t cgroup2 groups /sys/fs/cgroup
hostname guest
ip link set lo up
(${runs}) </dev/null 2>&1
echo "guest: exit $?"
echo o >/proc/sysrq-trigger
sleep 60
`;
}

function booted(kernel: string, archive: string, timeoutSeconds: number): Promise<string> {
  const args = [
    ...["-machine", "type=pc,accel=tcg", "-cpu", "max", "-smp", "2", "-m", `${memoryMB}M`, "-nographic", "-no-reboot"],
    ...["-nodefaults", "-serial", "stdio", "-kernel", kernel, "-initrd", archive],
    ...["-append", "console=ttyS0 quiet panic=-1 mitigations=off"],
  ];
  return new Promise((resolve, reject) => {
    const machine = spawn(emulator, args, { stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => machine.kill("SIGKILL"), timeoutSeconds * 1000);
    let output = "";
    for (const stream of [machine.stdout, machine.stderr]) stream.on("data", (chunk) => (output += chunk));
    machine.on("error", reject);
    machine.on("close", () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}

function kernelPath(): string | undefined {
  const named = process.env[kernelVariable];
  const versions = globSync("/boot/vmlinuz-*").toSorted(new Intl.Collator("en", { numeric: true }).compare);
  return (named ? [named] : versions.toReversed()).find((path) => isReadable(path));
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function findProgram(name: string): string | undefined {
  if (name.includes("/")) return existsSync(name) ? name : undefined;
  const places = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];
  return places.map((place) => join(place, name)).find((path) => existsSync(path));
}

const directories = [
  ...[
    "dev",
    "etc",
    "guest",
    "home",
    "mnt",
    "proc",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/lib",
    "usr/lib64",
  ],
  ...["var", "var/tmp"],
];
const links = { bin: "usr/bin", sbin: "usr/bin", "usr/sbin": "bin", lib: "usr/lib", lib64: "usr/lib64" };

/** A root with all programs in one directory and their libraries where they look for them. */
function entriesOf(
  programs: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>>,
): readonly ArchiveEntry[] {
  const entries = new Map<string, ArchiveEntry>();
  const add = (entry: ArchiveEntry) => {
    const parent = dirname(entry.path);
    if (parent !== "." && !entries.has(parent)) add({ kind: "directory", path: parent });
    entries.set(entry.path, entry);
  };
  for (const path of directories) add({ kind: "directory", path });
  for (const [path, target] of Object.entries(links)) add({ kind: "link", path, target });
  add({ kind: "character device", path: "dev/console", major: 5, minor: 1 });
  for (const name of programs) {
    const program = findProgram(name);
    if (program === undefined) throw new Error(`Cannot make a guest: the program "${name}" is missing`);
    const copy = (path: string, from: string) => add({ kind: "copy", path, from: realpathSync(from), mode: 0o755 });
    copy(`usr/bin/${basename(program)}`, program);
    for (const library of librariesOf(program)) {
      const path = `usr${library.replace(/^\/usr/, "")}`;
      copy(path, library);
    }
  }
  for (const [path, content] of Object.entries(files)) add({ kind: "file", path: path.slice(1), content, mode: 0o755 });
  return [...entries.values()];
}

/** What the program loads, as the loader finds it. */
function librariesOf(path: string): readonly string[] {
  const listed = execFileSync("ldd", [realpathSync(path)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library as string);
}
