import type { Disk } from "../../runtime/index.ts";
import { readIfThere } from "../read-if-there.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** What tasks may be sent, for newer programs. */
const signals =
  "SIGABRT,SIGALRM,SIGBUS,SIGCHLD,SIGCONT,SIGFPE,SIGHUP,SIGILL,SIGINT,SIGIO,SIGIOT,SIGKILL,SIGPIPE,SIGPROF,SIGQUIT," +
  "SIGSEGV,SIGSTOP,SIGSYS,SIGTERM,SIGTRAP,SIGTSTP,SIGTTIN,SIGTTOU,SIGURG,SIGUSR1,SIGUSR2,SIGWINCH,SIGXCPU,SIGXFSZ";

/** Attributes `os.*`, `kernel.*` and `unique.hostname`. */
export const hostFingerprint: Fingerprint = {
  name: "host",
  async detect({ runtime: { disk } }) {
    const kernelVersion = await trimmed(disk, "/proc/sys/kernel/osrelease");
    const hostname = await trimmed(disk, "/proc/sys/kernel/hostname");
    if (kernelVersion === undefined && hostname === undefined) return undefined;
    const os = await operatingSystem(disk);
    return {
      attributes: {
        "os.name": os.name,
        "os.version": os.version,
        "os.signals": signals,
        "kernel.name": "linux",
        "kernel.version": kernelVersion,
        "unique.hostname": hostname,
      },
    };
  },
};

/** Debian tells its point release in a file of its own. */
async function operatingSystem(disk: Disk): Promise<{ name: string | undefined; version: string | undefined }> {
  const release = parseOsRelease((await readIfThere(disk, "/etc/os-release")) ?? "");
  const name = release.get("ID");
  const debianVersion = name === "debian" ? await trimmed(disk, "/etc/debian_version") : undefined;
  return { name, version: debianVersion ?? release.get("VERSION_ID") };
}

/** The names of `/etc/os-release` with their values, quotes removed. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").map((line) => /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line));
  return new Map(lines.flatMap((line) => (line === null ? [] : [[line[1] as string, line[3] as string]])));
}

async function trimmed(disk: Disk, path: string): Promise<string | undefined> {
  return (await readIfThere(disk, path))?.trim() || undefined;
}
