import { readFileSync } from "node:fs";
import { endianness } from "node:os";
import type { ProcessTree, ProcessUsage } from "../processes.ts";
import { identityOf, processEntry, processTree, swappedBytes } from "./process-table.ts";
import { readSmallFile } from "./small-file.ts";

/** How often it is looked for processes that have been started since, in milliseconds. */
const scanEvery = 5_000;

interface Member {
  readonly pid: number;
  readonly identity: string;
  readonly swapBytes: number;
}

/**
 * The usage of a process and its descendants. To find descendants costs many times what it costs to look at them, and
 * swap is told apart from all else: both are done every few seconds only.
 */
export class NodeProcessTree implements ProcessTree {
  readonly #root: number;
  readonly #now: () => number;
  #members: readonly Member[] = [];
  #scannedAt = Number.NEGATIVE_INFINITY;

  /** `now` tells milliseconds of a clock that is never set. */
  constructor(root: number, now: () => number = () => performance.now()) {
    this.#root = root;
    this.#now = now;
  }

  usage(without?: number): readonly ProcessUsage[] {
    const now = this.#now();
    if (now - this.#scannedAt >= scanEvery) {
      this.#scannedAt = now;
      this.#members = members(this.#root);
    }
    return this.#members.flatMap((member) => (member.pid === without ? [] : (usageOf(member) ?? [])));
  }
}

function members(root: number): readonly Member[] {
  const hasSwap = swapInUse();
  return processTree(root).flatMap((pid) => {
    const entry = processEntry(pid);
    if (entry === undefined) return [];
    return [{ pid, identity: identityOf(entry), swapBytes: hasSwap ? swappedBytes(pid) : 0 }];
  });
}

/** Undefined when it has gone, or its number is another's by now. */
function usageOf({ pid, identity, swapBytes }: Member): ProcessUsage | undefined {
  const entry = processEntry(pid);
  if (entry === undefined || entry.isZombie || identityOf(entry) !== identity) return undefined;
  const { residentPages, userTime, systemTime } = entry;
  return { pid, residentBytes: residentPages * pageBytes(), swapBytes, userTime, systemTime };
}

/** The first line of the list is its head. */
function swapInUse(): boolean {
  return readSmallFile("/proc/swaps").split("\n", 2)[1] !== "";
}

let knownPageBytes: number | undefined;

/** The size of the kernel's pages, from what it tells each program at its start: pairs of a kind and a value. */
function pageBytes(): number {
  knownPageBytes ??= pageBytesIn(readFileSync("/proc/self/auxv"));
  return knownPageBytes;
}

/** Reads an auxiliary vector of a 64-bit machine. */
export function pageBytesIn(auxiliaryVector: Buffer): number {
  const pageSize = 6n;
  const read = (at: number) =>
    endianness() === "LE" ? auxiliaryVector.readBigUInt64LE(at) : auxiliaryVector.readBigUInt64BE(at);
  for (let at = 0; at + 16 <= auxiliaryVector.length; at += 16) {
    if (read(at) === pageSize) return Number(read(at + 8));
  }
  return 4096;
}
