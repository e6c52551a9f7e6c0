import { mountOf, parseMounts } from "../mounts.ts";
import { readIfThere } from "../read-if-there.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** Attributes `unique.storage.*` of the file system that holds the allocations; the node's disk is what is free there. */
export const storageFingerprint: Fingerprint = {
  name: "storage",
  async detect({ runtime: { disk }, allocationDirectory }) {
    const mounts = parseMounts((await readIfThere(disk, "/proc/self/mounts")) ?? "");
    const volume = mountOf(mounts, allocationDirectory)?.device;
    if (volume === undefined) return undefined;
    const { totalBytes, freeBytes } = await disk.space(allocationDirectory);
    return {
      attributes: {
        "unique.storage.volume": volume,
        "unique.storage.bytestotal": String(totalBytes),
        "unique.storage.bytesfree": String(freeBytes),
      },
      diskMB: Math.floor(freeBytes / 2 ** 20),
    };
  },
};
