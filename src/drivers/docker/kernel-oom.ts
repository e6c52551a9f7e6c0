import { seconds } from "../../base/index.ts";
import type { Clock, Processes } from "../../runtime/index.ts";
import { runWithin } from "../run-within.ts";

/** How long the kernel's messages may take to be read. */
const patience = seconds(5);

/** Prints the lines of the kernel's messages that name its first argument. */
const script = 'dmesg | grep -a -F -e "$1"';

/**
 * Whether the kernel's messages tell that it killed a process of this container because the container's memory limit was
 * reached. False also when they cannot be read.
 *
 * On control groups of version 1 the engine hears of that only as long as the group is there, and so loses it now and then
 * when the killed process was the container's first.
 */
export async function wasKilledByKernel(
  host: { readonly clock: Clock; readonly processes: Pick<Processes, "run" | "environment"> },
  containerID: string,
): Promise<boolean> {
  const env = { PATH: host.processes.environment.PATH ?? "" };
  const program = { command: "/bin/sh", args: ["-c", script, "sh", containerID], env, workingDirectory: "/" };
  try {
    const { stdout } = await runWithin(host, program, patience);
    return stdout.split("\n").some(tellsOfLimit);
  } catch {
    return false;
  }
}

/** One line of each report names the groups: the one whose limit it was, and the one of the killed process. */
function tellsOfLimit(line: string): boolean {
  return line.includes("oom-kill:constraint=CONSTRAINT_MEMCG");
}
