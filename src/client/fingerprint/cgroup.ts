import { dirname } from "node:path/posix";
import { seconds } from "../../base/index.ts";
import { readIfThere } from "../read-if-there.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** Attribute `unique.cgroup.mountpoint`, removed when the hierarchy goes. */
export function cgroupFingerprint(): Fingerprint {
  let known: string | undefined;
  return {
    name: "cgroup",
    period: seconds(15),
    async detect({ runtime, log }) {
      const mountpoint = cgroupMountpoint((await readIfThere(runtime.disk, "/proc/self/mountinfo")) ?? "");
      if (mountpoint !== undefined && known === undefined)
        log.named("fingerprint.cgroups").info("cgroups are available");
      if (mountpoint === undefined && known !== undefined)
        log.named("fingerprint.cgroups").info("cgroups are unavailable");
      if (mountpoint === undefined && known === undefined) return undefined;
      known = mountpoint;
      return { attributes: { "unique.cgroup.mountpoint": mountpoint } };
    },
  };
}

/** The directory that holds the controllers of version 1, or else where version 2 is mounted. */
export function cgroupMountpoint(mountinfo: string): string | undefined {
  const mounts = mountinfo.split("\n").map((line) => {
    const [before = "", after = ""] = line.split(" - ");
    return { path: before.split(" ")[4] ?? "", type: after.split(" ")[0] };
  });
  const first = mounts.find(({ type }) => type === "cgroup");
  return first === undefined ? mounts.find(({ type }) => type === "cgroup2")?.path : dirname(first.path);
}
