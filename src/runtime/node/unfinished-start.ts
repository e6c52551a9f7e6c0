import { closeSync, openSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ControlGroups, type GroupPaths } from "./control-groups.ts";
import { allProcesses, sendSignal } from "./process-table.ts";
import { shimName, supervisionFiles } from "./shim.ts";

/** How often a shim without its agent is looked at: it starts the task or gives up within milliseconds. */
const lookMilliseconds = 10;
/** When it is killed because it does neither, and when it is given up because even that does not end it. */
const [looksUntilKilled, mostLooks] = [200, 700];
const killSignal = 9;
/** Where its name stands among the words of a shim, and of what becomes one. */
const shimPlaces = [3, 5];

/**
 * The entry of the task of `directory` in the process table as it was at its start; undefined when the task was never
 * started, and then it cannot start any more. The agent may have been killed in the middle of the start: what it has set going goes
 * on by itself, unless this comes first. Rejects when that does not become certain in some seconds.
 */
export async function entryOfStarted(directory: string): Promise<string | undefined> {
  const path = join(directory, supervisionFiles.task);
  takePlaceOf(path);
  for (let looks = 0; ; looks++) {
    // Whoever is gone at this look has written before.
    const shims = shimsOf(directory);
    const entry = readOr(path, "");
    if (entry.endsWith("\n")) return entry;
    if (shims.length === 0) return undefined;
    if (looks >= looksUntilKilled) for (const pid of shims) sendSignal(pid, killSignal);
    if (looks >= mostLooks) {
      throw new Error(`Cannot find out whether "${directory}" has a task: process ${shims.join(", ")} does not end`);
    }
    await pause(lookMilliseconds);
  }
}

/** Where an entry could still be written there is none from now on. On a full disk the shims must be found. */
function takePlaceOf(path: string): void {
  try {
    closeSync(openSync(path, "wx"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST" && code !== "ENOENT" && code !== "ENOSPC" && code !== "EDQUOT") throw error;
  }
}

/** Removes what is left of a start that came to nothing, or of a run that was being discarded. */
export async function removeLeavings(directory: string): Promise<void> {
  const groupPaths = readOr(join(directory, supervisionFiles.groups), "");
  if (groupPaths !== "") {
    const groups = new ControlGroups(JSON.parse(groupPaths) as GroupPaths);
    groups.signal(killSignal);
    for (let looks = 0; !groups.remove(); looks++) {
      if (looks >= mostLooks) throw new Error(`Cannot remove the control groups of "${directory}"`);
      groups.signal(killSignal);
      await pause(lookMilliseconds);
    }
  }
  await rm(directory, { recursive: true, force: true });
}

/** The shim of a directory, also before it has become a shell, and what it has become a moment ago and not yet something else. */
function shimsOf(directory: string): number[] {
  const isShim = (pid: number) => {
    const words = readOr(`/proc/${pid}/cmdline`, "").split("\0");
    const at = words.indexOf(shimName);
    return shimPlaces.includes(at) && words[at + 1] === directory;
  };
  return allProcesses()
    .filter(({ pid, isZombie }) => !isZombie && isShim(pid))
    .map(({ pid }) => pid);
}

function readOr(path: string, absent: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return absent;
    throw error;
  }
}
