import { readIfThere } from "../read-if-there.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** Attribute `memory.totalbytes`, and the node's memory. */
export const memoryFingerprint: Fingerprint = {
  name: "memory",
  async detect({ runtime }) {
    const kilobytes = /^MemTotal:\s*(\d+) kB/m.exec((await readIfThere(runtime.disk, "/proc/meminfo")) ?? "")?.[1];
    if (kilobytes === undefined) return undefined;
    const bytes = Number(kilobytes) * 1024;
    return { attributes: { "memory.totalbytes": String(bytes) }, memoryMB: Math.floor(bytes / 2 ** 20) };
  },
};
