import { closeSync, readdirSync, readFileSync } from "node:fs";

const closeOnExec = 0o2000000;

let areClosed = false;

/**
 * Closes the descriptors that whoever started this process left open in it, and which every task would inherit in
 * turn. They are told apart by a flag: all that the runtime opens itself closes on exec. 0, 1 and 2 are ours, and so is
 * the channel to a parent that is a Node process. Done once: an agent with many tasks has many descriptors to look at.
 */
export function closeInheritedDescriptors(): void {
  if (areClosed || process.connected) return;
  areClosed = true;
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (fd > 2 && isInherited(fd)) closeSync(fd);
  }
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"));
    return flags !== null && (Number.parseInt(flags[1] as string, 8) & closeOnExec) === 0;
  } catch (error) {
    // The descriptor by which the directory was listed.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
