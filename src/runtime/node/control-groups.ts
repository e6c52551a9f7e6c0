import { randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { assert } from "../../base/index.ts";
import type { GroupUsage, ResourceLimits } from "../processes.ts";
import { unifiedUsage, usageByController } from "./group-usage.ts";
import { sendSignal } from "./process-table.ts";
import { readSmallFile } from "./small-file.ts";

const root = "/sys/fs/cgroup";

/** Controllers that limits need, one hierarchy each in version 1. `cpuacct` counts what `cpu` shares out. */
const controllers = ["memory", "cpu", "cpuacct", "pids"] as const;
type Controller = (typeof controllers)[number];
/** Those that bound something. */
const limiting = ["memory", "cpu", "pids"] as const;

/** Directories of one task's groups. `tracking` holds its processes together; the others are there for limits. */
export type GroupPaths = Readonly<{ tracking: string } & Partial<Record<Controller, string>>>;

/**
 * The control groups of a task and all it starts. A process cannot leave them by a new session or by losing its
 * parent, so whatever a task left behind is found.
 *
 * There are two kinds of machine: version 2 alone, where one group does all; and version 1, maybe with version 2 beside
 * it, where each controller has a hierarchy and the freezer's, which limits nothing, does the tracking.
 */
export class ControlGroups {
  readonly paths: GroupPaths;

  constructor(paths: GroupPaths) {
    this.paths = paths;
  }

  /** New, empty groups; undefined where this user may not make any and no limits are asked for. */
  static make(limits?: ResourceLimits): ControlGroups | undefined {
    if (limits === undefined && !canMakeGroups()) return undefined;
    // Whose it is can be seen by the name.
    const name = `nomad-${process.pid}-${randomUUID()}`;
    const groups = new ControlGroups(pathsFor(name, { limited: limits !== undefined }));
    try {
      for (const path of groups.#directories()) mkdirSync(path);
      if (limits !== undefined) groups.#limit(limits);
      return groups;
    } catch (error) {
      groups.remove();
      throw error;
    }
  }

  /**
   * Files into which a process of one thread writes 0 to join. Version 1 has a file for single threads, which is
   * faster: the other makes the kernel wait for all processors, some ten milliseconds.
   */
  joinedBy(): string[] {
    const joining = (path: string) => (existsSync(join(path, "tasks")) ? "tasks" : "cgroup.procs");
    return this.#directories().map((path) => join(path, joining(path)));
  }

  /** Processes in the groups, zombies left out. */
  members(): number[] {
    const pids = readOr(join(this.paths.tracking, "cgroup.procs"), "").split("\n").filter(Boolean).map(Number);
    return pids.filter((pid) => pid > 0);
  }

  /** Sends a signal to all members but `except`, frozen meanwhile so that none starts another that gets away. */
  signal(signal: number, options: { readonly except?: number } = {}): void {
    this.#freeze(true);
    try {
      for (const pid of this.members()) if (pid !== options.except) sendSignal(pid, signal);
    } finally {
      this.#freeze(false);
    }
  }

  /** What the members use together; undefined without limits. */
  usage(): GroupUsage | undefined {
    const { memory, cpu, cpuacct } = this.paths;
    if (memory === undefined || cpu === undefined || cpuacct === undefined) return undefined;
    const from = (directory: string) => (file: string) => unlessGone(() => readSmallFile(`${directory}/${file}`), "");
    if (memory === cpu) return unifiedUsage(from(memory));
    return usageByController({ memory: from(memory), cpu: from(cpu), cpuacct: from(cpuacct) });
  }

  /** Whether the kernel has killed a member because the memory limit was reached. */
  oomKilled(): boolean {
    const { memory } = this.paths;
    if (memory === undefined) return false;
    const events = readOr(join(memory, "memory.events"), "") + readOr(join(memory, "memory.oom_control"), "");
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0;
  }

  /** Removes the groups; false while a process that has ended is still on its way out of them. */
  remove(): boolean {
    return this.#directories()
      .map(removeGroup)
      .every((removed) => removed);
  }

  #freeze(isFrozen: boolean): void {
    const { tracking } = this.paths;
    const version1 = join(tracking, "freezer.state");
    const version2 = join(tracking, "cgroup.freeze");
    if (existsSync(version1)) writeFileSync(version1, isFrozen ? "FROZEN" : "THAWED");
    else if (existsSync(version2)) writeFileSync(version2, isFrozen ? "1" : "0");
  }

  #directories(): string[] {
    return [...new Set(Object.values(this.paths))];
  }

  #limit({ memoryBytes, memoryReservedBytes, cpuShares, processes }: ResourceLimits): void {
    const { memory, cpu, pids } = this.paths;
    assert(memory !== undefined && cpu !== undefined && pids !== undefined, "limits come with their groups");
    const write = (directory: string, file: string, value: number) => writeFileSync(join(directory, file), `${value}`);
    if (memory === cpu) {
      write(memory, "memory.max", memoryBytes);
      if (memoryReservedBytes !== undefined) write(memory, "memory.low", memoryReservedBytes);
      // A kernel may count no swap.
      if (existsSync(join(memory, "memory.swap.max"))) write(memory, "memory.swap.max", 0);
      // Shares of 2 to 262144 on the scale of weights, 1 to 10000, as the OCI runtimes convert them.
      write(cpu, "cpu.weight", 1 + Math.floor(((cpuShares - 2) * 9999) / 262142));
    } else {
      write(memory, "memory.limit_in_bytes", memoryBytes);
      if (memoryReservedBytes !== undefined) write(memory, "memory.soft_limit_in_bytes", memoryReservedBytes);
      write(memory, "memory.swappiness", 0);
      write(cpu, "cpu.shares", cpuShares);
    }
    write(pids, "pids.max", processes);
  }
}

/** Why groups with limits cannot be made; undefined when they can. */
export function limitsUnavailable(): string | undefined {
  if (!canMakeGroups()) {
    return "control groups cannot be made: the agent is not root or has no cgroup file system that it may write to";
  }
  const offered = isUnified() ? readOr(join(root, "cgroup.controllers"), "").trim().split(" ") : undefined;
  const missing = limiting.filter((name) =>
    offered === undefined ? !isWritable(join(root, name, "cgroup.procs")) : !offered.includes(name),
  );
  return missing.length === 0 ? undefined : `missing cgroup controllers: ${missing.join(", ")}`;
}

/** Whether version 2 of control groups is the only one here. */
function isUnified(): boolean {
  return existsSync(join(root, "cgroup.controllers"));
}

function trackingRoot(): string | undefined {
  if (isUnified()) return root;
  const freezer = join(root, "freezer");
  return existsSync(join(freezer, "cgroup.procs")) ? freezer : undefined;
}

function canMakeGroups(): boolean {
  const tracking = trackingRoot();
  return process.geteuid?.() === 0 && tracking !== undefined && isWritable(tracking);
}

/** A container often sees the file system of control groups, but may only read it. */
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function pathsFor(name: string, options: { readonly limited: boolean }): GroupPaths {
  const tracking = join(trackingRoot() ?? root, name);
  if (!options.limited) return { tracking };
  if (isUnified()) {
    writeFileSync(join(root, "cgroup.subtree_control"), limiting.map((name) => `+${name}`).join(" "));
    return { tracking, memory: tracking, cpu: tracking, cpuacct: tracking, pids: tracking };
  }
  // Where two controllers share a hierarchy, one name is a link to the other.
  const at = (controller: Controller) => join(realpathSync(join(root, controller)), name);
  return { tracking, memory: at("memory"), cpu: at("cpu"), cpuacct: at("cpuacct"), pids: at("pids") };
}

function removeGroup(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return true;
    if (code === "EBUSY") return false;
    throw error;
  }
}

function readOr(path: string, absent: string): string {
  return unlessGone(() => readFileSync(path, "latin1"), absent);
}

/** A group may be removed while it is read. */
function unlessGone(read: () => string, absent: string): string {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENODEV") return absent;
    throw error;
  }
}
