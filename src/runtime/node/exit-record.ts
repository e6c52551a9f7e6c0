import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { ProcessExit } from "../processes.ts";
import { supervisionFiles } from "./shim.ts";

/** A task's end as its shim knows it. */
export type ShimReport = Omit<ProcessExit, "oomKilled">;

/** What the shim in `directory` has written about the task's end; undefined while there is nothing whole. */
export function exitRecord(directory: string): ShimReport | undefined {
  const line = readIfThere(join(directory, supervisionFiles.exit));
  if (!line.endsWith("\n")) return undefined;
  const exitCode = Number(line);
  return { exitCode, signal: signalled(exitCode, complaints(directory)) };
}

/** The shim's own words: why it could not start the task, or by what signal the task ended. */
export function complaints(directory: string): string {
  return readIfThere(join(directory, supervisionFiles.complaints)).trim();
}

/**
 * The signal that ended the task, or 0. A shell reports the same code for a program that was killed by SIGKILL and
 * one that said `exit 137`, but of the former it also says "Killed". It keeps silent over SIGINT and SIGPIPE.
 */
export function signalled(exitCode: number, words: string): number {
  const signal = exitCode - 128;
  if (signal <= 0 || signal > 64) return 0;
  const silent = signal === constants.signals.SIGINT || signal === constants.signals.SIGPIPE;
  return silent || words !== "" ? signal : 0;
}

function readIfThere(path: string): string {
  // Mostly it is not, and to make an error of that takes many times as long.
  if (!existsSync(path)) return "";
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
