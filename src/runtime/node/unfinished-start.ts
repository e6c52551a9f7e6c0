import { closeSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ControlGroups, type GroupPaths } from "./control-groups.ts";
import { allProcesses, sendSignal } from "./process-table.ts";
import { supervisionFiles } from "./shim.ts";
import { starterName } from "./starter.ts";

/** How often a shim without its agent is looked at: it starts the task or gives up within milliseconds. */
const lookMilliseconds = 10;
/** When it is killed because it does neither, and when it is given up because even that does not end it. */
const [looksUntilKilled, mostLooks] = [200, 700];
const killSignal = 9;

/**
 * The entry of the task of `directory` in the process table as it was at its start; undefined when the task was never
 * started, and then it cannot start any more. The agent may have been killed in the middle of the start: what it has set going goes
 * on by itself, unless this comes first. Rejects when that does not become certain in some seconds.
 */
export async function entryOfStarted(directory: string): Promise<string | undefined> {
  const path = join(directory, supervisionFiles.task);
  const isPlaceTaken = takePlaceOf(path);
  for (let looks = 0; ; looks++) {
    // Whoever is gone at this look has written before.
    const shims = shimsOf(directory).filter(({ isCertain }) => isCertain || !isPlaceTaken);
    const entry = readOr(path, "");
    if (entry.endsWith("\n")) return entry;
    if (shims.length === 0) return undefined;
    if (looks >= looksUntilKilled) for (const { pid, isCertain } of shims) if (isCertain) sendSignal(pid, killSignal);
    if (looks >= mostLooks) {
      const pids = shims.map(({ pid }) => pid).join(", ");
      throw new Error(`Cannot find out whether "${directory}" has a task: process ${pids} does not end`);
    }
    await pause(lookMilliseconds);
  }
}

/**
 * Where an entry could still be written there is none from now on, but of a shim that has made the file already. False on a full
 * disk: then also what is not yet a shim may still write one.
 */
function takePlaceOf(path: string): boolean {
  try {
    closeSync(openSync(path, "wx"));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOENT") return true;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
    return false;
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
  await removeRun(directory);
}

/** Removes the directory of a run that never began. What still comes to start it finds no directory, and not half of one. */
export async function removeRun(directory: string): Promise<void> {
  const aside = `${directory}.removed`;
  try {
    await rename(directory, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    // A full disk may have no room for another name: the run goes all the same.
    await rm(directory, { recursive: true, force: true });
    return;
  }
  await rm(aside, { recursive: true, force: true });
}

interface FoundShim {
  readonly pid: number;
  /** It complains to the directory. Else it does so nowhere yet, and in a moment either there or elsewhere. */
  readonly isCertain: boolean;
}

/** The shims of a directory, and such as may become one. */
function shimsOf(directory: string): FoundShim[] {
  const own = statOr(join(directory, supervisionFiles.complaints));
  return allProcesses().flatMap(({ pid, session, isZombie }) => {
    // A starter leads its session.
    if (isZombie || pid === session || !isNamedStarter(pid)) return [];
    const complaints = statOr(`/proc/${pid}/fd/2`);
    if (complaints === undefined) return [];
    // The kernel's name of a file is another than ours where the way there leads over a link.
    const isCertain = complaints.ino === own?.ino && complaints.dev === own.dev;
    return isCertain || complaints.isCharacterDevice() ? [{ pid, isCertain }] : [];
  });
}

function isNamedStarter(pid: number): boolean {
  return readOr(`/proc/${pid}/cmdline`, "").endsWith(`\0${starterName}\0`);
}

/** Undefined of what is not there, or belongs to a process of another user. */
function statOr(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
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
