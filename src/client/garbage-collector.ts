import type { Duration } from "../base/index.ts";
import type { AllocationID } from "../model/index.ts";
import { type DiskSpace, type Log, pause, type Runtime } from "../runtime/index.ts";
import type { Allocations } from "./allocations.ts";

/** How much of what has ended is kept on a node. Shares in percent. */
export interface CollectionLimits {
  /** How often the disk is looked at. */
  readonly interval: Duration;
  /** How many directories are removed at once. */
  readonly parallelDestroys: number;
  /** How full the file system of the allocations may be, in bytes and in inodes. */
  readonly diskUsage: number;
  readonly inodeUsage: number;
  /** How many allocations there may be with a directory, also such as run. */
  readonly maxAllocations: number;
}

/** Why something is to be collected, and how many allocations at most; undefined when there is room. */
export interface Shortage {
  readonly reason: string;
  readonly atMost: number;
}

/** Disks matter before the count: to collect for them may be enough for both. */
export function shortageOf(
  { totalBytes, usedBytes, freeBytes, totalInodes, freeInodes }: DiskSpace,
  allocations: number,
  limits: CollectionLimits,
): Shortage | undefined {
  // Of what the superuser alone may use nothing counts.
  const disk = share(usedBytes, Math.min(totalBytes, usedBytes + freeBytes));
  const inodes = share(totalInodes - freeInodes, totalInodes);
  const several = { atMost: limits.parallelDestroys };
  if (disk > limits.diskUsage) {
    return { reason: `disk usage of ${disk.toFixed(0)} % is above ${limits.diskUsage} %`, ...several };
  }
  if (inodes > limits.inodeUsage) {
    return { reason: `inode usage of ${inodes.toFixed(0)} % is above ${limits.inodeUsage} %`, ...several };
  }
  const tooMany = allocations - limits.maxAllocations;
  if (tooMany <= 0) return undefined;
  const reason = `${allocations} allocations are more than ${limits.maxAllocations}`;
  return { reason, atMost: Math.min(tooMany, limits.parallelDestroys) };
}

function share(part: number, whole: number): number {
  return whole > 0 ? (part / whole) * 100 : 0;
}

/**
 * Removes the directories of allocations that have ended, the oldest first, while there is too little room. What runs
 * is never touched. That an allocation was here stays known until the servers forget it, so that it is not run again.
 */
export class GarbageCollector {
  readonly #runtime: Pick<Runtime, "clock" | "disk">;
  readonly #allocations: Allocations;
  readonly #directory: string;
  readonly #limits: CollectionLimits;
  readonly #log: Log;
  /** Told of before, and of no use to be told again as long as it stays so. */
  #complaint = "";

  /** `directory` is where the allocations have their directories. */
  constructor(
    runtime: Pick<Runtime, "clock" | "disk" | "log">,
    allocations: Allocations,
    directory: string,
    limits: CollectionLimits,
  ) {
    this.#runtime = runtime;
    this.#allocations = allocations;
    this.#directory = directory;
    this.#limits = limits;
    this.#log = runtime.log.named("client.gc");
  }

  /** Looks at every interval, and whenever an allocation comes or ends, until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#makeRoom(signal);
      if (signal.aborted) return;
      const over = new AbortController();
      const end = () => over.abort();
      signal.addEventListener("abort", end, { once: true });
      await Promise.race([
        this.#allocations.changed.wait(over.signal),
        pause(this.#runtime.clock, this.#limits.interval, over.signal),
      ]);
      end();
      signal.removeEventListener("abort", end);
    }
  }

  /** Collects one that has ended. Rejects when it is not there, runs, or cannot be removed. */
  collect(id: AllocationID): Promise<void> {
    return this.#allocations.collect(id);
  }

  /** Collects all that have ended. Rejects when some of them cannot be removed, after the others have been. */
  async collectAll(): Promise<void> {
    const failed: string[] = [];
    const ids = this.#allocations.ended();
    for (let at = 0; at < ids.length; at += this.#limits.parallelDestroys) {
      // Others may have collected some of them meanwhile, or the servers may have forgotten them.
      const some = ids.slice(at, at + this.#limits.parallelDestroys).filter((id) => this.#allocations.has(id));
      const outcomes = await Promise.allSettled(some.map((id) => this.#allocations.collect(id)));
      failed.push(...outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : [])));
    }
    if (failed.length > 0) throw new Error(`${failed.length} allocations cannot be collected: ${failed[0]}`);
  }

  async #makeRoom(signal: AbortSignal): Promise<void> {
    const failed = new Set<AllocationID>();
    while (!signal.aborted) {
      const shortage = await this.#shortage();
      if (shortage === undefined) {
        this.#complaint = "";
        return;
      }
      const oldest = this.#allocations.ended().filter((id) => !failed.has(id));
      if (oldest.length === 0) return this.#complainOnce(shortage.reason);
      const collecting = oldest.slice(0, shortage.atMost).map(async (id) => {
        this.#log.info("collecting an allocation that has ended", { allocationID: id, reason: shortage.reason });
        await this.#allocations.collect(id).catch((error: unknown) => {
          failed.add(id);
          this.#log.error("failed to collect an allocation", { allocationID: id, reason: String(error) });
        });
      });
      await Promise.all(collecting);
    }
  }

  /** A disk that cannot be asked is not full. */
  async #shortage(): Promise<Shortage | undefined> {
    const unknown = { totalBytes: 0, usedBytes: 0, freeBytes: 0, totalInodes: 0, freeInodes: 0 };
    const space = await this.#runtime.disk.space(this.#directory).catch(() => unknown);
    return shortageOf(space, this.#allocations.size, this.#limits);
  }

  #complainOnce(reason: string): void {
    const kind = reason.replaceAll(/\d+/g, "");
    if (this.#complaint !== kind) {
      this.#log.warn("nothing that has ended is left to be collected", { reason });
    }
    this.#complaint = kind;
  }
}
