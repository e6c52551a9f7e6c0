import type { Disk } from "../../runtime/index.ts";

/**
 * Whether the kernel counts a process to a container, by the names of its groups. The engine tells numbers as the engine
 * sees them: where it sees other processes than we do, those numbers are somebody else's here.
 */
export async function isCountedTo(containerID: string, pid: number, disk: Disk): Promise<boolean> {
  const groups = await disk.read(`/proc/${pid}/cgroup`).catch(() => new Uint8Array());
  return Buffer.from(groups).toString().includes(containerID);
}
