import { join } from "node:path/posix";
import { RpcError } from "../../api/index.ts";
import { dictionary } from "../../base/index.ts";
import type { Consul } from "../../consul/index.ts";
import type { Driver } from "../../drivers/index.ts";
import {
  type Allocation,
  type AllocationUsage,
  isServerTerminal,
  isTerminalAllocation,
  type LogIndex,
  type Node,
  type Task,
  type TaskGroup,
  type TaskUsage,
} from "../../model/index.ts";
import type { Log, Runtime } from "../../runtime/index.ts";
import type { ClientConfig } from "../config.ts";
import type { MeasuredAllocation } from "../gauges.ts";
import { TaskServices } from "../services/task-services.ts";
import { type ClientState, reportDigest, type StoredAllocation } from "../state/client-state.ts";
import { type EndingParts, endLeftRun, type LeftRun, type LeftRuns, runsIn } from "../state/left-runs.ts";
import { takeUp } from "../state/take-up.ts";
import type { TaskRecord } from "../state/task-record.ts";
import { allocationUsage } from "../stats/allocation-usage.ts";
import type { AllocationReport } from "../status-reports.ts";
import { TaskRunner } from "../task/task-runner.ts";
import { refusalOf } from "../task/validate-task.ts";
import {
  type AllocationPaths,
  allocationPaths,
  buildAllocationDirectory,
  type DirectoryTask,
  taskPaths,
} from "./allocation-directory.ts";
import { clientStatusOf } from "./client-status.ts";
import { pathComponentProblem } from "./path-component.ts";
import { removeDirectory } from "./remove-directory.ts";
import { RunPlaces } from "./run-places.ts";

/** What allocations are run with, all of a client's alike. */
export interface AllocationSurroundings {
  readonly runtime: Runtime;
  readonly config: ClientConfig;
  readonly node: () => Node;
  /** Those that may start tasks here. */
  readonly drivers: ReadonlyMap<string, Driver<unknown>>;
  /** Told of the tasks' services; undefined where there is none. */
  readonly consul?: Consul;
  /** All there are: what runs by one that may start nothing any more is found again nevertheless. */
  readonly allDrivers: readonly Driver<unknown>[];
  readonly state: ClientState;
  readonly leftRuns: LeftRuns;
  /** Real paths, without links. */
  readonly allocationDirectory: string;
  readonly supervisionDirectory: string;
  readonly report: (allocation: Allocation, report: AllocationReport) => void;
}

/**
 * One allocation's life on this node: its directory, and a runner for each of its tasks. It may have begun under an
 * earlier agent, and goes on from there.
 */
export class AllocationRunner {
  readonly #surroundings: AllocationSurroundings;
  readonly #log: Log;
  #allocation: Allocation;
  readonly #tasks = new Map<string, TaskRunner>();
  readonly #places: RunPlaces;
  #ended: Promise<void> = Promise.resolve();
  #isStopped = false;
  #isDetached = false;
  #reported: AllocationReport | undefined;
  readonly #stored: StoredAllocation | undefined;
  #isOver = false;
  #isBlocked = false;
  #isCollected = false;
  /** Directories are removed one removal after the other. */
  #removing: Promise<unknown> = Promise.resolve();
  readonly #leftRuns: readonly LeftRun[];

  /** `stored` is what an earlier agent kept of it. */
  constructor(surroundings: AllocationSurroundings, allocation: Allocation, stored?: StoredAllocation) {
    this.#surroundings = surroundings;
    this.#allocation = allocation;
    this.#log = surroundings.runtime.log.named("client");
    this.#stored = stored;
    this.#places = new RunPlaces({ ...surroundings, log: this.#log, directory: this.#supervisionDirectory() });
    this.#isCollected = stored?.isCollected ?? false;
    this.#leftRuns = surroundings.leftRuns.claim(allocation.ID);
  }

  /** Index of the servers' last change that this runner knows. */
  get index(): LogIndex {
    return this.#allocation.AllocModifyIndex;
  }

  /** The servers want it run no more. They do not come back to that, unless their state is restored from before. */
  get isGivenUp(): boolean {
    return isServerTerminal(this.#allocation);
  }

  /** All of it has ended here, and nothing of it is to be started again; what it has left on the disk is still there. */
  get isOver(): boolean {
    return this.#isOver && !this.#isDetached && !this.#isCollected;
  }

  /** Nothing is left of it but that it was here. */
  get isCollected(): boolean {
    return this.#isCollected;
  }

  /** When the last thing happened to it, in nanoseconds since the epoch; 0 if nobody knows. */
  get lastEventAt(): number {
    const { TaskStates } = this.#reported ?? this.#allocation;
    return Math.max(0, ...Object.values(TaskStates).flatMap(({ Events }) => Events.map(({ Time }) => Time)));
  }

  /** Resolves when no task runs or is being started, as things are. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Builds the directory and starts the tasks, once `before` have all ended; resolves when it has ended itself. Never rejects. */
  run(before: readonly AllocationRunner[] = []): Promise<void> {
    const turn = Promise.all(before.map(({ ended }) => ended));
    this.#isBlocked = before.length > 0;
    const begin = () => {
      this.#isBlocked = false;
      return this.#runTasks();
    };
    const ran = this.#isBlocked ? turn.then(begin) : begin();
    this.#ended = ran.then(
      () => {
        this.#isOver = true;
      },
      (error: unknown) =>
        this.#log.error("an allocation is attended to no more", {
          allocationID: this.#allocation.ID,
          reason: String(error),
        }),
    );
    return this.#ended;
  }

  /** Takes over what the servers changed: stops everything, or passes it on to the tasks. */
  update(allocation: Allocation): void {
    const job = allocation.Job ?? this.#allocation.Job;
    this.#allocation = { ...allocation, Job: job };
    if (this.#isCollected) {
      this.#keepCollected();
      this.#remind(allocation);
      return;
    }
    void this.#surroundings.state.putAllocation(this.#allocation);
    if (isServerTerminal(allocation)) {
      this.#stopTasks();
      return;
    }
    const group = groupOf(this.#allocation);
    for (const task of group?.Tasks ?? []) this.#tasks.get(task.Name)?.update(task, group as TaskGroup);
    this.#remind(allocation);
  }

  /**
   * Stops the tasks, waits for their end, and removes all that is on the disk. Tells whether nothing is left; otherwise
   * it stays known and may be tried again. Never rejects.
   */
  async destroy(): Promise<boolean> {
    this.#stopTasks();
    await this.#ended;
    try {
      await this.#removeDirectories();
      this.#surroundings.state.removeAllocation(this.#allocation.ID);
      return true;
    } catch (error) {
      this.#log.error("failed to remove an allocation's directory", {
        allocationID: this.#allocation.ID,
        reason: String(error),
      });
      return false;
    }
  }

  /**
   * Removes what an allocation that is over has left on the disk. From then on only that it was here is known, and
   * through restarts of the agent. Rejects when something cannot be removed; then it may be tried again.
   */
  async collect(): Promise<void> {
    this.#isCollected = true;
    try {
      await this.#removeDirectories();
    } catch (error) {
      this.#isCollected = false;
      throw error;
    }
    this.#tasks.clear();
    this.#keepCollected();
  }

  /** Lets go of the tasks without touching them; resolves when nothing here attends to them any more. */
  async detach(): Promise<void> {
    this.#isDetached = true;
    for (const task of this.#tasks.values()) task.detach();
    await this.#ended;
  }

  /** Usage of the running tasks, or of one of them. Throws `RpcError` for a task that is not the allocation's. */
  async usage(taskName: string | undefined): Promise<AllocationUsage> {
    if (taskName !== undefined && !this.#tasks.has(taskName)) {
      throw new RpcError(`allocation "${this.#allocation.ID}" has no task "${taskName}"`);
    }
    const chosen = [...this.#tasks].filter(([name]) => taskName === undefined || name === taskName);
    const usages = new Map<string, TaskUsage>();
    const look = async ([name, task]: readonly [string, TaskRunner]) => {
      const usage = await task.usage.lookNow();
      if (usage !== undefined) usages.set(name, usage);
    };
    await Promise.all(chosen.map(look));
    return allocationUsage(usages, this.#surroundings.runtime.clock.wallTime());
  }

  /** What metrics tell of it. */
  get measured(): MeasuredAllocation {
    const { ClientStatus, TaskStates } = this.#reported ?? this.#allocation;
    return {
      allocation: this.#allocation,
      clientStatus: ClientStatus,
      isBlocked: this.#isBlocked,
      states: Object.values(TaskStates).map(({ State }) => State),
      tasks: this.#lookAtTasks(),
    };
  }

  /** Whoever does not ask for the samples has none taken. */
  *#lookAtTasks(): Iterable<readonly [string, TaskUsage]> {
    for (const [name, { usage }] of this.#tasks) {
      const latest = usage.look();
      if (latest !== undefined) yield [name, latest];
    }
  }

  /** The allocation's own directory. */
  get root(): string {
    return this.#paths().root;
  }

  async #runTasks(): Promise<void> {
    const { TaskGroup: name } = this.#allocation;
    const group = groupOf(this.#allocation);
    if (this.#stored === undefined) void this.#surroundings.state.putAllocation(this.#allocation);
    const records = await this.#takeUp(group);
    if (this.#isCollected) return this.#reportAgain();
    if (group === undefined) return this.#fail(`missing task group '${name}'`);
    if (records.size === 0) this.#makePlacesAhead(group);
    try {
      await buildAllocationDirectory(this.#surroundings.runtime, this.#paths(), this.#directoryTasks(group));
    } catch (error) {
      await this.#abandonPlaces(group);
      this.#log.error("failed to build task directories", { allocationID: this.#allocation.ID, reason: String(error) });
      if (records.size === 0) return this.#fail(`failed to build task dirs for '${name}'`);
    }
    const isToEnd = this.#isStopped || this.#isDetached || isTerminalAllocation(this.#allocation);
    if (isToEnd) await this.#abandonPlaces(group);
    if (records.size === 0 && isServerTerminal(this.#allocation)) return this.#neverStarted();
    const tasks = group.Tasks.filter(({ Name }) => !isToEnd || records.has(Name));
    for (const task of tasks) this.#tasks.set(task.Name, this.#taskRunner(group, task, records.get(task.Name)));
    if (this.#isDetached) return;
    if (records.size > 0) this.#tasksChanged();
    if (this.#isStopped || isServerTerminal(this.#allocation)) this.#stopTasks();
    await Promise.all([...this.#tasks.values()].map((task) => task.run()));
  }

  /** Of the tasks that are likely to begin at once. Of others, and should one not begin after all, nothing may be left. */
  #makePlacesAhead({ Tasks }: TaskGroup): void {
    const { config, runtime } = this.#surroundings;
    if (this.#isStopped || this.#isDetached || isTerminalAllocation(this.#allocation)) return;
    if (pathComponentProblem(this.#allocation.ID) !== undefined) return;
    for (const task of Tasks) {
      const isRefused = refusalOf(task, config, runtime.clock.wallTime()).length > 0;
      if (!isRefused && task.Artifacts.length === 0) this.#places.makeAhead(task);
    }
  }

  async #abandonPlaces({ Tasks }: TaskGroup): Promise<void> {
    await Promise.all(Tasks.map((task) => this.#places.abandonAhead(task)));
  }

  #directoryTasks({ Tasks }: TaskGroup): readonly DirectoryTask[] {
    const isolating = this.#surroundings.allDrivers.filter(({ capabilities }) => capabilities.directoriesInside);
    const names = new Set(isolating.map(({ name }) => name));
    return Tasks.map(({ Name, User, Driver }) => ({ Name, User, isIsolated: names.has(Driver) }));
  }

  /** What an earlier agent has left of the tasks, once all that is too much of it has ended. */
  async #takeUp(group: TaskGroup | undefined): Promise<ReadonlyMap<string, TaskRecord>> {
    const { allDrivers, state } = this.#surroundings;
    const { ID, TaskStates } = this.#allocation;
    const { records, strays } = takeUp(this.#stored?.tasks ?? new Map(), this.#leftRuns, {
      tasks: group?.Tasks ?? [],
      states: TaskStates,
      hasLost: state.hasLost,
      drivers: allDrivers.map(({ name }) => name),
    });
    await Promise.all(strays.map((run) => endLeftRun(this.#endingParts(), ID, run)));
    return records;
  }

  #endingParts(): EndingParts {
    const { runtime, allDrivers } = this.#surroundings;
    return { ...runtime, log: this.#log, drivers: allDrivers };
  }

  #taskRunner(group: TaskGroup, task: Task, restored: TaskRecord | undefined): TaskRunner {
    const { runtime, config, node, drivers, allDrivers, consul, state } = this.#surroundings;
    const paths = this.#paths();
    const { ID } = this.#allocation;
    return new TaskRunner({
      runtime,
      config,
      node,
      driver: drivers.get(task.Driver),
      recoveringDriver: (name) => allDrivers.find((driver) => driver.name === name),
      keeping: { restored, keep: (record) => state.putTask(ID, task.Name, record) },
      allocation: this.#allocation,
      job: this.#allocation.Job as NonNullable<Allocation["Job"]>,
      group,
      task,
      allocationPaths: paths,
      paths: taskPaths(paths, task.Name),
      services: new TaskServices({ runtime, consul, node, allocation: this.#allocation, task }),
      places: this.#places,
      stateChanged: () => this.#tasksChanged(),
    });
  }

  /** Of the tasks, none lives on when one has failed. */
  #tasksChanged(): void {
    const states = [...this.#tasks].map(([name, task]) => [name, task.state] as const);
    const ClientStatus = clientStatusOf(states.map(([, state]) => state));
    if (ClientStatus === "failed") this.#stopTasks();
    this.#report({ ClientStatus, ClientDescription: "", TaskStates: dictionary(states) });
  }

  /** An allocation that the servers gave up before it began has nothing left to wait for. */
  #neverStarted(): void {
    if (this.#allocation.ClientStatus !== "pending") return;
    this.#report({ ClientStatus: "complete", ClientDescription: "", TaskStates: dictionary() });
  }

  #reportAgain(): void {
    const { ClientStatus, ClientDescription, TaskStates } = this.#allocation;
    this.#report({ ClientStatus, ClientDescription, TaskStates });
  }

  #fail(description: string): void {
    this.#report({ ClientStatus: "failed", ClientDescription: description, TaskStates: dictionary() });
  }

  /** Servers whose state was restored from before have forgotten what they were told since. */
  #remind({ ClientStatus }: Allocation): void {
    if (this.#reported !== undefined && this.#reported.ClientStatus !== ClientStatus) this.#report(this.#reported);
  }

  /** What the servers were told by an earlier agent, and confirmed, is not told again. */
  #report(report: AllocationReport): void {
    const isFirst = this.#reported === undefined;
    this.#reported = report;
    if (isFirst && this.#stored?.reported === reportDigest(report)) return;
    this.#surroundings.report(this.#allocation, report);
  }

  /** What the servers know, or are yet to be told, stays known; the job is not needed any more. */
  #keepCollected(): void {
    const { ClientStatus, ClientDescription, TaskStates } = this.#reported ?? this.#allocation;
    this.#allocation = { ...this.#allocation, ClientStatus, ClientDescription, TaskStates, Job: null };
    this.#surroundings.state.putCollected(this.#allocation);
  }

  #removeDirectories(): Promise<void> {
    const { runtime } = this.#surroundings;
    const removing = this.#removing.then(async () => {
      await this.#endRuns();
      await removeDirectory(runtime, this.#paths().root);
      await runtime.disk.removeTree(this.#supervisionDirectory());
    });
    this.#removing = removing.catch(() => undefined);
    return removing;
  }

  /**
   * What could not be ended before is found by its directory alone: it has to end before that is removed. Of what no driver
   * here knows nothing can be awaited.
   */
  async #endRuns(): Promise<void> {
    const runs = await runsIn(this.#surroundings.runtime.disk, this.#supervisionDirectory());
    const ended = await Promise.all(runs.map((run) => endLeftRun(this.#endingParts(), this.#allocation.ID, run)));
    const isKnown = (run: LeftRun) => this.#surroundings.allDrivers.some(({ name }) => run.isBy(name));
    const left = runs.filter((run, at) => ended[at] !== true && isKnown(run)).length;
    if (left > 0) throw new Error(`${left} runs of its tasks cannot be ended`);
  }

  #stopTasks(): void {
    this.#isStopped = true;
    for (const task of this.#tasks.values()) task.stop();
  }

  #paths(): AllocationPaths {
    return allocationPaths(this.#surroundings.allocationDirectory, this.#allocation.ID);
  }

  #supervisionDirectory(): string {
    return join(this.#surroundings.supervisionDirectory, this.#allocation.ID);
  }
}

function groupOf({ Job, TaskGroup: name }: Allocation): TaskGroup | undefined {
  return Job?.TaskGroups.find((group) => group.Name === name);
}
