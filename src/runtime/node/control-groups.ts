import { randomUUID } from "node:crypto";
import {
  accessSync,
  existsSync,
  constants as fileConstants,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { assert } from "../../base/index.ts";
import type { GroupUsage, ResourceLimits } from "../processes.ts";
import { unifiedUsage, usageByController } from "./group-usage.ts";
import { sendSignal } from "./process-table.ts";
import { readSmallFile } from "./small-file.ts";

const root = "/sys/fs/cgroup";

/** Controllers that limits need, one hierarchy each in version 1. `cpuacct` counts what `cpu` shares out. */
type Controller = "memory" | "cpu" | "cpuacct" | "pids" | "blkio";
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

  /**
   * New, empty groups; undefined where this user may not make any and no limits are asked for. `named` is told of them
   * just before they are made, so that whoever is killed meanwhile has said what is to be removed.
   */
  static make(limits?: ResourceLimits, named: (paths: GroupPaths) => void = () => {}): ControlGroups | undefined {
    if (limits === undefined && !canMakeGroups()) return undefined;
    // Whose it is can be seen by the name.
    const name = `nomad-${process.pid}-${randomUUID()}`;
    const groups = new ControlGroups(pathsFor(name, limits));
    named(groups.paths);
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

  /** Processes in the groups, also in those that the task has made in them; zombies left out. */
  members(): number[] {
    const lists = groupTree(this.paths.tracking).map((path) => readOr(join(path, "cgroup.procs"), ""));
    return lists.flatMap((list) => list.split("\n").filter(Boolean).map(Number)).filter((pid) => pid > 0);
  }

  /** Sends a signal to all members but `except`, frozen meanwhile so that none starts another that gets away. */
  signal(signal: number, options: { readonly except?: number } = {}): void {
    freeze(this.paths.tracking, true);
    try {
      for (const pid of this.members()) if (pid !== options.except) sendSignal(pid, signal);
    } finally {
      freeze(this.paths.tracking, false);
    }
  }

  /** Kills all members, also those that were frozen: they would die only when they are thawed. */
  kill(): void {
    this.signal(constants.signals.SIGKILL);
    for (const path of groupTree(this.paths.tracking)) freeze(path, false);
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
    return groupTree(memory).some((path) => {
      const events = readOr(join(path, "memory.events"), "") + readOr(join(path, "memory.oom_control"), "");
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0;
    });
  }

  /** Removes the groups; false while a process that has ended is still on its way out of them. */
  remove(): boolean {
    return this.#directories()
      .map(removeGroup)
      .every((removed) => removed);
  }

  #directories(): string[] {
    return [...new Set(Object.values(this.paths))];
  }

  #limit({ memoryBytes, memoryReservedBytes, cpuShares, processes, ioWeight }: ResourceLimits): void {
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
    if (ioWeight !== undefined) this.#weigh(ioWeight);
  }

  /** As far as the kernel's scheduler of input and output knows weights, by one name or another. */
  #weigh(ioWeight: number): void {
    const { blkio } = this.paths;
    if (blkio === undefined) return;
    const file = weightFiles.find((name) => existsSync(join(blkio, name)));
    // `io.weight` goes up to 10000, the others to 1000.
    const value = file === "io.weight" ? ioWeight * 10 : ioWeight;
    if (file !== undefined) writeFileSync(join(blkio, file), `${value}`);
  }
}

const weightFiles = ["blkio.weight", "blkio.bfq.weight", "io.bfq.weight", "io.weight"] as const;

/** A group and all that were made in it, parents before their children. */
function groupTree(path: string): string[] {
  const found = [path];
  for (const parent of found) found.push(...childGroups(parent));
  return found;
}

function childGroups(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENODEV") return [];
    throw error;
  }
}

/** Stops all that runs in a group and those in it, or lets it go on but where they were frozen themselves. */
function freeze(path: string, isFrozen: boolean): void {
  const version1 = join(path, "freezer.state");
  const version2 = join(path, "cgroup.freeze");
  if (existsSync(version1)) writeFileSync(version1, isFrozen ? "FROZEN" : "THAWED");
  else if (existsSync(version2)) writeFileSync(version2, isFrozen ? "1" : "0");
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
    accessSync(path, fileConstants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function pathsFor(name: string, limits: ResourceLimits | undefined): GroupPaths {
  const tracking = join(trackingRoot() ?? root, name);
  if (limits === undefined) return { tracking };
  const isWeighed = limits.ioWeight !== undefined;
  if (isUnified()) {
    const offered = readOr(join(root, "cgroup.controllers"), "").trim().split(" ");
    const wanted = isWeighed && offered.includes("io") ? [...limiting, "io"] : limiting;
    writeFileSync(join(root, "cgroup.subtree_control"), wanted.map((name) => `+${name}`).join(" "));
    return { tracking, memory: tracking, cpu: tracking, cpuacct: tracking, pids: tracking, blkio: tracking };
  }
  // Where two controllers share a hierarchy, one name is a link to the other.
  const at = (controller: Controller) => join(realpathSync(join(root, controller)), name);
  const paths = { tracking, memory: at("memory"), cpu: at("cpu"), cpuacct: at("cpuacct"), pids: at("pids") };
  return isWeighed && isWritable(join(root, "blkio", "cgroup.procs")) ? { ...paths, blkio: at("blkio") } : paths;
}

function removeGroup(path: string): boolean {
  if (!childGroups(path).map(removeGroup).every(Boolean)) return false;
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
