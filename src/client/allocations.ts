import { join } from "node:path/posix";
import { RpcError } from "../api/index.ts";
import { minutes, seconds, shorter, times, WakeUp } from "../base/index.ts";
import { type Allocation, type AllocationID, isServerTerminal, type LogIndex } from "../model/index.ts";
import { pause } from "../runtime/index.ts";
import { AllocationRunner, type AllocationSurroundings } from "./allocation/allocation-runner.ts";
import type { MeasuredAllocation } from "./gauges.ts";
import { endLeftRun } from "./state/left-runs.ts";

/** What cannot be removed from the disk is tried again after this, then after ever longer. */
const [firstPause, longestPause] = [seconds(1), minutes(5)];

/** How many allocations a change touched. */
export interface AppliedAllocations {
  readonly added: number;
  readonly removed: number;
  readonly updated: number;
}

/** The allocations this client holds, each with its runner. */
export class Allocations {
  readonly #surroundings: AllocationSurroundings;
  readonly #runners = new Map<AllocationID, AllocationRunner>();
  /** Removed, but not yet gone from the disk; one of the same id waits for it. */
  readonly #going = new Map<AllocationID, Promise<void>>();
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** Told when an allocation comes, ends or goes. */
  readonly changed = new WakeUp();

  constructor(surroundings: AllocationSurroundings) {
    this.#surroundings = surroundings;
  }

  /** How many there are, without those of which nothing is left. */
  get size(): number {
    return [...this.#runners.values()].filter(({ isCollected }) => !isCollected).length;
  }

  /** How many have tasks that run or end, or are on their way from the disk. */
  get active(): number {
    return this.#running.size;
  }

  /** Each allocation with the index of the servers' last change that is known here. */
  indexes(): ReadonlyMap<AllocationID, LogIndex> {
    return new Map([...this.#runners].map(([id, runner]) => [id, runner.index]));
  }

  /** As they are when each is taken. */
  *measured(): Iterable<MeasuredAllocation> {
    for (const runner of this.#runners.values()) if (!runner.isCollected) yield runner.measured;
  }

  has(id: AllocationID): boolean {
    return this.#runners.get(id)?.isCollected === false;
  }

  /** Those that have ended and still have directories, the oldest first. */
  ended(): readonly AllocationID[] {
    const over = [...this.#runners].filter(([, runner]) => runner.isOver);
    return over.sort(([, a], [, b]) => a.lastEventAt - b.lastEventAt).map(([id]) => id);
  }

  /** Removes what one that has ended left on the disk. Throws `RpcError` when there is none, or it has not ended. */
  async collect(id: AllocationID): Promise<void> {
    const runner = this.runner(id);
    if (!runner.isOver) throw new RpcError("allocation has not ended on this node", { code: 400 });
    await runner.collect();
  }

  /** Throws `RpcError` when the client has no such allocation. */
  runner(id: AllocationID): AllocationRunner {
    const runner = this.#runners.get(id);
    if (runner === undefined || runner.isCollected) throw new RpcError("alloc not found");
    return runner;
  }

  /** Goes on with what an earlier agent was running. To be called once, before all else. */
  restore(): void {
    for (const stored of this.#surroundings.state.stored) {
      const runner = new AllocationRunner(this.#surroundings, stored.allocation, stored);
      this.#runners.set(stored.allocation.ID, runner);
      this.#track(runner.run());
    }
  }

  /**
   * Takes over what the servers want: some gone, some changed or new. What an earlier agent has left running without a
   * record, and is none of that, is ended.
   */
  apply(removed: readonly AllocationID[], pulled: readonly Allocation[]): AppliedAllocations {
    for (const id of removed) this.#remove(id);
    // What was given up and is wanted again begins anew: its tasks have ended.
    for (const { ID, ...allocation } of pulled) {
      if (this.#runners.get(ID)?.isGivenUp && !isServerTerminal(allocation)) this.#remove(ID);
    }
    const known = pulled.filter((allocation) => this.#runners.has(allocation.ID));
    const unknown = pulled.filter((allocation) => !this.#runners.has(allocation.ID));
    for (const allocation of known) this.#runners.get(allocation.ID)?.update(allocation);
    for (const allocation of unknown) this.#add(allocation);
    this.#endLeftRuns();
    return { added: unknown.length, removed: removed.length, updated: known.length };
  }

  /** Stops all tasks and removes all directories. */
  async destroyAll(): Promise<void> {
    for (const id of [...this.#runners.keys()]) this.#remove(id);
    this.#ending.abort();
    await this.#settled();
    await Promise.all(this.#going.values());
  }

  /** Resolves when no task is left that runs or is being started. */
  idle(): Promise<void> {
    return this.#settled();
  }

  /** Leaves all tasks running and attends to none of them any more. */
  async detachAll(): Promise<void> {
    const detached = Promise.all([...this.#runners.values()].map((runner) => runner.detach()));
    this.#ending.abort();
    await detached;
    await this.#settled();
    await Promise.all(this.#going.values());
  }

  /** What makes room for it ends first. */
  #add(allocation: Allocation): void {
    const leaving = allocation.PreemptedAllocations.map((id) => this.#runners.get(id));
    const before = leaving.filter((runner) => runner !== undefined);
    const runner = new AllocationRunner(this.#surroundings, allocation);
    this.#runners.set(allocation.ID, runner);
    const predecessor = this.#going.get(allocation.ID) ?? Promise.resolve();
    this.#track(predecessor.then(() => runner.run(before)));
  }

  #remove(id: AllocationID): void {
    const runner = this.#runners.get(id);
    this.#runners.delete(id);
    if (runner === undefined) return;
    const tried = (this.#going.get(id) ?? Promise.resolve()).then(() => runner.destroy());
    const gone = tried
      .then((isGone) => (isGone ? undefined : this.#destroyLater(runner)))
      .then(() => {
        if (this.#going.get(id) === gone) this.#going.delete(id);
      });
    this.#going.set(id, gone);
    this.#track(tried.then(() => {}));
  }

  /** Until nothing of it is left, or this client ends: the next one finds it in the state. */
  async #destroyLater(runner: AllocationRunner): Promise<void> {
    const { clock } = this.#surroundings.runtime;
    const { signal } = this.#ending;
    for (let wait = firstPause; !signal.aborted; wait = shorter(times(wait, 2), longestPause)) {
      await pause(clock, wait, signal);
      if (signal.aborted || (await runner.destroy())) return;
    }
  }

  #endLeftRuns(): void {
    const { runtime, allDrivers, leftRuns, supervisionDirectory } = this.#surroundings;
    const parts = { ...runtime, log: runtime.log.named("client"), drivers: allDrivers };
    for (const [id, runs] of leftRuns.claimAll()) {
      const ended = Promise.all(runs.map((run) => endLeftRun(parts, id, run)));
      // What is left in it could not be ended.
      this.#track(ended.then(() => runtime.disk.remove(join(supervisionDirectory, id)).catch(() => undefined)));
    }
  }

  /** Whoever breaks off is said; the others, and the agent, go on. */
  #track(work: Promise<void>): void {
    const { log } = this.#surroundings.runtime;
    const tracked = work
      .catch((error: unknown) => log.named("client").error("an allocation broke off", { reason: String(error) }))
      .then(() => {
        this.#running.delete(tracked);
        this.changed.notify();
      });
    this.#running.add(tracked);
    this.changed.notify();
  }

  async #settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
