import { readdirSync, readFileSync } from "node:fs";
import { type Duration, milliseconds } from "../../base/index.ts";
import { readSmallFile } from "./small-file.ts";

/** What the kernel's process table says of one process. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Ended, but not yet taken notice of by its parent. */
  readonly isZombie: boolean;
  readonly userTime: Duration;
  readonly systemTime: Duration;
  /** Memory in RAM, in pages of the kernel's. */
  readonly residentPages: number;
  /** In clock ticks since the machine started: with the pid it names a process for ever. */
  readonly startedAt: string;
}

/** The kernel counts CPU time for user programs in hundredths of a second, on every common architecture. */
const tick = milliseconds(10);

/**
 * Reads a line of `/proc/<pid>/stat`. The second field is the program's name in parentheses, which may hold spaces
 * and parentheses itself, so the others are counted from the last one.
 */
export function parseProcessEntry(line: string): ProcessEntry {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  // The first of these is field 3 of proc(5).
  const field = (number: number) => fields[number - 3] ?? "";
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(field(4)),
    session: Number(field(6)),
    isZombie: field(3) === "Z" || field(3) === "X",
    userTime: (Number(field(14)) * tick) as Duration,
    systemTime: (Number(field(15)) * tick) as Duration,
    residentPages: Number(field(24)),
    startedAt: field(22).trim(),
  };
}

/** The entry of `pid`; undefined when there is no such process. Never waits: the kernel answers from memory. */
export function processEntry(pid: number): ProcessEntry | undefined {
  const line = unlessGone(() => readSmallFile(`/proc/${pid}/stat`));
  return line === undefined ? undefined : parseProcessEntry(line);
}

/** Names a process, unlike its number, which a later one may bear. */
export function identityOf(entry: ProcessEntry): string {
  return `${entry.pid}:${entry.startedAt}`;
}

/** Whether the process that bore `identity` is still running; a zombie is not. */
export function isAlive(identity: string): boolean {
  const entry = processEntry(Number.parseInt(identity, 10));
  return entry !== undefined && !entry.isZombie && identityOf(entry) === identity;
}

/** All processes of the machine. */
export function allProcesses(): ProcessEntry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processEntry(Number(name)))
    .filter((entry) => entry !== undefined);
}

/** `pid` and all that descend from it, as far as their parents still live. */
export function processTree(pid: number): number[] {
  const found = [pid];
  for (const parent of found) found.push(...childrenOf(parent));
  return found;
}

/** Memory of a process that is in swap; 0 when it has gone. */
export function swappedBytes(pid: number): number {
  return Number(/^VmSwap:\s+(\d+) kB/m.exec(readProc(`${pid}/status`) ?? "")?.[1] ?? 0) * 1024;
}

/** Whether a process ignores a signal; false when there is none. */
export function ignoresSignal(pid: number, signal: number): boolean {
  const ignored = /^SigIgn:\s+([0-9a-f]+)/m.exec(readProc(`${pid}/status`) ?? "")?.[1] ?? "0";
  return ((BigInt(`0x${ignored}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/** Whether a process began with this variable, its own or its parent's; false where this user may not look. */
export function hasVariable(pid: number, name: string, value: string): boolean {
  try {
    return (readProc(`${pid}/environ`) ?? "").split("\0").includes(`${name}=${value}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") return false;
    throw error;
  }
}

/** Sends a signal to one process; that it has ended before is fine. */
export function sendSignal(pid: number, signal: number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasGone(error)) throw error;
  }
}

/** Each thread has its own list of the children it started. */
function childrenOf(pid: number): number[] {
  return threadsOf(pid).flatMap((thread) =>
    (readProc(`${pid}/task/${thread}/children`) ?? "").split(" ").filter(Boolean).map(Number),
  );
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (hasGone(error)) return [];
    throw error;
  }
}

function readProc(path: string): string | undefined {
  return unlessGone(() => readFileSync(`/proc/${path}`, "latin1"));
}

function unlessGone(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if (hasGone(error)) return undefined;
    throw error;
  }
}

/** A process may end between being listed and being read; the kernel tells so in two ways. */
function hasGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ESRCH";
}
