import { dirname } from "node:path/posix";
import { seconds } from "../../base/index.ts";
import { readIfThere } from "../read-if-there.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** Where control groups are, and which version of them holds the controllers that limit tasks. */
export interface ControlGroupsFound {
  readonly mountpoint: string;
  readonly version: 1 | 2;
}

/**
 * Attribute `unique.cgroup.mountpoint`, and the version as 1.3 (`unique.cgroup.version`) and 1.7 (`os.cgroups.version`)
 * tell it; removed when the hierarchy goes.
 */
export function cgroupFingerprint(): Fingerprint {
  let isKnown = false;
  return {
    name: "cgroup",
    period: seconds(15),
    async detect({ runtime, log }) {
      const found = controlGroupsIn((await readIfThere(runtime.disk, "/proc/self/mountinfo")) ?? "");
      const isFound = found !== undefined;
      if (isFound !== isKnown) {
        log.named("fingerprint.cgroups").info(isFound ? "cgroups are available" : "cgroups are unavailable");
      }
      if (!isFound && !isKnown) return undefined;
      isKnown = isFound;
      return {
        attributes: {
          "unique.cgroup.mountpoint": found?.mountpoint,
          "unique.cgroup.version": found && `v${found.version}`,
          "os.cgroups.version": found && String(found.version),
        },
      };
    },
  };
}

/** The directory that holds the controllers of version 1, or else where version 2 is mounted. */
export function controlGroupsIn(mountinfo: string): ControlGroupsFound | undefined {
  const mounts = mountinfo.split("\n").map((line) => {
    const [before = "", after = ""] = line.split(" - ");
    return { path: before.split(" ")[4] ?? "", type: after.split(" ")[0] };
  });
  const first = mounts.find(({ type }) => type === "cgroup");
  if (first !== undefined) return { mountpoint: dirname(first.path), version: 1 };
  const unified = mounts.find(({ type }) => type === "cgroup2");
  return unified && { mountpoint: unified.path, version: 2 };
}
