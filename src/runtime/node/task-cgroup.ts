import { randomUUID } from "node:crypto";
import { accessSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where to make a group whose only purpose is to hold processes together, best first. */
const hierarchies = [
  // cgroup v2 alone; v2 beside v1; v1 without controllers in v2, where the freezer's hierarchy limits nothing.
  { mount: "/sys/fs/cgroup", marker: "cgroup.controllers" },
  { mount: "/sys/fs/cgroup/unified", marker: "cgroup.procs" },
  { mount: "/sys/fs/cgroup/freezer", marker: "cgroup.procs" },
];

/**
 * A control group that holds a task and all it starts. A process cannot leave it by a new session or by losing its
 * parent, so whatever a task left behind is found. It limits nothing.
 */
export class TaskCgroup {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** A new, empty group; undefined where this user may not make one. */
  static make(): TaskCgroup | undefined {
    const hierarchy = hierarchies.find(({ mount, marker }) => existsSync(join(mount, marker)));
    if (hierarchy === undefined) return undefined;
    const path = join(hierarchy.mount, `nomad-${randomUUID()}`);
    try {
      mkdirSync(path);
      accessSync(join(path, "cgroup.procs"));
      return new TaskCgroup(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EACCES" || code === "EPERM" || code === "EROFS") return undefined;
      throw error;
    }
  }

  /** Processes in the group, zombies left out. */
  members(): number[] {
    try {
      const pids = readFileSync(join(this.path, "cgroup.procs"), "latin1").split("\n").filter(Boolean).map(Number);
      return pids.filter((pid) => pid > 0);
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  }

  /** Kills all members in one act, so that none can start another in time. False where the kernel cannot (v1). */
  kill(): boolean {
    try {
      writeFileSync(join(this.path, "cgroup.kill"), "1", { flag: "r+" });
      return true;
    } catch (error) {
      if (isGone(error) || (error as NodeJS.ErrnoException).code === "EACCES") return false;
      throw error;
    }
  }

  /** Removes the group; false while a process that has ended is still on its way out of it. */
  remove(): boolean {
    try {
      rmdirSync(this.path);
      return true;
    } catch (error) {
      if (isGone(error)) return true;
      if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
      throw error;
    }
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENODEV";
}
