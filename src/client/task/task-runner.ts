import {
  between,
  type Duration,
  dictionary,
  instantOf,
  later,
  nanoseconds,
  seconds,
  shorter,
  times,
  withEither,
} from "../../base/index.ts";
import { type Driver, DriverStartError, isSuccess, type RunningTask } from "../../drivers/index.ts";
import type { Allocation, Job, Node, RestartPolicy, Task, TaskEvent, TaskGroup, TaskState } from "../../model/index.ts";
import { type Labels, type Log, pause, type Runtime } from "../../runtime/index.ts";
import type { AllocationPaths, TaskPaths } from "../allocation/allocation-directory.ts";
import type { RunPlace, RunPlaces } from "../allocation/run-places.ts";
import { ArtifactError } from "../artifacts/artifact-error.ts";
import type { ClientConfig } from "../config.ts";
import { logLimitsOf } from "../logs/rotated-log.ts";
import { logEnds, openTaskLogs, type TaskLogs } from "../logs/task-logs.ts";
import type { TaskServices } from "../services/task-services.ts";
import { newTaskRecord, type TaskKeeping, type TaskRecord, type TaskRun } from "../state/task-record.ts";
import { type AttendedEnd, attendRun } from "./attend-run.ts";
import { prepareTask, taskVariables } from "./prepare-task.ts";
import { lostRun, recovered, untilCertain } from "./recover-run.ts";
import { RestartTracker, type TaskOutcome } from "./restart-tracker.ts";
import { fetchArtifacts } from "./task-artifacts.ts";
import { countedOf, outOfMemory, taskLabels } from "./task-counters.ts";
import { taskEvents } from "./task-events.ts";
import { afterEvent } from "./task-state.ts";
import { refusalOf } from "./validate-task.ts";
import { WatchedUsage } from "./watched-usage.ts";

/** What a task of an allocation is run with. */
export interface TaskRunnerParts {
  readonly runtime: Runtime;
  readonly config: ClientConfig;
  /** The node as it is known now. */
  readonly node: () => Node;
  /** Undefined when this client has no such driver. */
  readonly driver: Driver<unknown> | undefined;
  /** Also those that may start nothing here any more: what runs by them is found again. */
  readonly recoveringDriver: (name: string) => Driver<unknown> | undefined;
  /** What must outlive the agent. */
  readonly keeping: TaskKeeping;
  readonly allocation: Allocation;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly task: Task;
  readonly allocationPaths: AllocationPaths;
  readonly paths: TaskPaths;
  readonly services: TaskServices;
  readonly places: RunPlaces;
  /** Told of every change. */
  readonly stateChanged: (task: string, state: TaskState) => void;
}

interface StartedTask {
  readonly running: RunningTask;
  readonly logs: TaskLogs;
}

/** What follows from a step of a task's story: what is to be kept, and how long until the next start, if there is one. */
interface NextStep {
  readonly delay: Duration | undefined;
  readonly record: Partial<TaskRecord>;
}

const atOnce = nanoseconds(0);

/**
 * One task's life on this node: received, started, and started again as its restart policy says, until it is done,
 * given up or stopped. Its story is told in events.
 *
 * The life may be longer than the agent's. Each step is kept before it counts: that a run is being started, before it
 * is; how to find it, before it is told; its end and what follows from it, before anything of it is cleared away. So
 * whenever the agent is killed the next one finds the run, and never starts a second beside it.
 */
export class TaskRunner {
  readonly usage: WatchedUsage;
  readonly #parts: TaskRunnerParts;
  readonly #log: Log;
  readonly #labels: Labels;
  readonly #stop = new AbortController();
  readonly #detach = new AbortController();
  readonly #tracker: RestartTracker;
  /** As last updated by the servers; what was started stays as it was. */
  #task: Task;
  #record: TaskRecord;
  #logs: TaskLogs | undefined;

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
    this.#task = parts.task;
    this.#log = parts.runtime.log.named("client");
    this.#labels = taskLabels(parts.allocation, parts.task.Name);
    const { clock, random } = parts.runtime;
    this.usage = new WatchedUsage(clock, parts.config.statsInterval);
    this.#record = parts.keeping.restored ?? newTaskRecord();
    const { count = 0, intervalStart = clock.wallTime() } = this.#record.restarts ?? {};
    const age = between(instantOf(intervalStart), clock.wallTime());
    const since = age > 0 ? later(clock.now(), times(age, -1)) : clock.now();
    this.#tracker = new RestartTracker(restartPolicyOf(parts.group), parts.job.Type, random, since, count);
  }

  get state(): TaskState {
    return this.#record.state;
  }

  /** Runs the task to the end of its story. */
  async run(): Promise<void> {
    let delay = this.#parts.keeping.restored === undefined ? this.#begin() : await this.#takeUp();
    while (delay !== undefined) {
      if (delay > 0) await this.#wait(delay);
      delay = await this.#runOnce();
    }
    if (!this.#detach.signal.aborted) this.#parts.services.stop();
  }

  /** Stops the task for good; `run` ends once it has ended. */
  stop(): void {
    this.#stop.abort();
  }

  /** Lets go of the task without touching it; `run` ends at once. */
  detach(): void {
    this.#detach.abort();
  }

  /** Takes over what may change while a task runs: kill timeout, log limits, restart policy. */
  update(task: Task, group: TaskGroup): void {
    this.#task = task;
    this.#tracker.setPolicy(restartPolicyOf(group));
    this.#parts.services.update(task);
    for (const log of this.#logs ?? []) log.setLimits(logLimitsOf(task.LogConfig));
  }

  /** How long until the first start; undefined when there is none. This and the following say so alike. */
  #begin(): Duration | undefined {
    this.#happened(taskEvents.received(this.#time()));
    const refusal = refusalOf(this.#task, this.#parts.config, this.#time());
    for (const event of refusal) this.#happened(event);
    if (refusal.length === 0) return atOnce;
    void this.#keep({ isOver: true });
    return undefined;
  }

  /** Goes on where an earlier agent was. */
  async #takeUp(): Promise<Duration | undefined> {
    const { run } = this.#record;
    if (run === null) return this.#restOfDelay();
    const found = await this.#found(run);
    if (found === undefined) return undefined;
    const { running, logs } = found;
    if (run.hasEnded) {
      if (running === undefined || (await this.#discard(running))) void this.#keep({ run: null });
      return this.#restOfDelay();
    }
    if (running !== undefined && logs !== undefined) return this.#attendFound({ running, logs }, run);
    if (run.handle !== null) return this.#conclude(undefined, lostRun(this.#time()));
    void this.#keep({ run: null });
    // Of one that has no story nothing was there but the place of its first run.
    return this.state.Events.length === 0 ? this.#begin() : this.#restOfDelay();
  }

  /** The run of an earlier agent, if it is there, and the logs of one that goes on; undefined when it was let go. */
  #found(run: TaskRun): Promise<Partial<StartedTask> | undefined> {
    const { runtime, allocation, recoveringDriver } = this.#parts;
    const task = { runtime, log: this.#log, ...this.#names() };
    return untilCertain(task, this.#detach.signal, async () => {
      const driver = recoveringDriver(run.driver);
      if (run.hasEnded) return { running: await recovered(driver, allocation.ID, run) };
      const logs = await this.#openLogs();
      try {
        const running = await recovered(driver, allocation.ID, run, logEnds(logs));
        if (running !== undefined) return { running, logs };
      } catch (error) {
        for (const log of logs) await log.close();
        throw error;
      }
      for (const log of logs) await log.close();
      return {};
    });
  }

  async #attendFound(found: StartedTask, run: TaskRun): Promise<Duration | undefined> {
    this.#log.info("a task is found again", this.#names());
    if (run.handle === null) await this.#started(found.running, run);
    return this.#attend(found);
  }

  /** One start and what came of it. */
  async #runOnce(): Promise<Duration | undefined> {
    if (this.#detach.signal.aborted) return undefined;
    if (this.#stop.signal.aborted) {
      await this.#parts.places.abandonAhead(this.#parts.task);
      return this.#stoppedBefore();
    }
    const missing = await this.#fetchArtifacts();
    if (missing !== undefined) return missing.delay;
    let started: StartedTask;
    try {
      started = await this.#start();
    } catch (error) {
      if (this.#detach.signal.aborted) return undefined;
      return this.#failedToStart(error);
    }
    return this.#attend(started);
  }

  /** The end of a task that does not run. */
  #stoppedBefore(): undefined {
    this.#happened(taskEvents.killed(this.#time(), ""));
    void this.#keep({ isOver: true, restart: null });
  }

  /** Has them fetched once in the task's life. Undefined when they are there, else what `runOnce` comes to. */
  async #fetchArtifacts(): Promise<Pick<NextStep, "delay"> | undefined> {
    if (this.#record.artifactsFetched || this.#task.Artifacts.length === 0) return undefined;
    this.#happened(taskEvents.downloadingArtifacts(this.#time()));
    try {
      await withEither([this.#stop.signal, this.#detach.signal], (either) => fetchArtifacts(this.#parts, either));
      void this.#keep({ artifactsFetched: true });
      return undefined;
    } catch (error) {
      if (this.#detach.signal.aborted) return { delay: undefined };
      if (this.#stop.signal.aborted) return { delay: this.#stoppedBefore() };
      if (!(error instanceof ArtifactError)) throw error;
      const failed = taskEvents.failedArtifactDownload(this.#time(), `GET error: ${error.message}`);
      const next = this.#next([failed], { kind: "failedToStart", recoverable: error.isRecoverable });
      void this.#keep(next.record);
      this.#tell();
      return next;
    }
  }

  async #start(): Promise<StartedTask> {
    const opening = this.#openLogs();
    // Its failure is told where it is waited for.
    opening.catch(() => undefined);
    let place: RunPlace | undefined;
    let mayHaveBegun = false;
    try {
      place = await this.#parts.places.take(this.#parts.task);
      const { driver, config } = prepareTask(this.#parts, place.supervision);
      const run = { driver: driver.name, directory: config.directories.supervision, handle: null, hasEnded: false };
      const [logs] = await Promise.all([opening, this.#keep({ run, restart: null })]);
      const tell = (message: string) => this.#happened(taskEvents.driver(this.#time(), message));
      mayHaveBegun = true;
      const running = await withEither([this.#stop.signal, this.#detach.signal], (signal) =>
        driver.start({ ...config, logs: logEnds(logs), signal, tell }),
      );
      await this.#started(running, run);
      return { running, logs };
    } catch (error) {
      for (const log of await opening.catch(() => [])) await log.close();
      mayHaveBegun &&= !(error instanceof DriverStartError) || error.mayRun;
      if (place !== undefined && !mayHaveBegun) await this.#parts.places.abandon(place);
      throw error;
    }
  }

  async #started(running: RunningTask, run: TaskRun): Promise<void> {
    // One whose start was told before the record of it was lost.
    const isTold = this.state.State === "running";
    const state = isTold ? this.state : afterEvent(this.state, taskEvents.started(this.#time()));
    const { driver, fields } = running.handle;
    await this.#keep({ state, run: { ...run, handle: { driver, fields: dictionary(Object.entries(fields)) } } });
    this.#tell();
  }

  /**
   * What a start comes to that has thrown. What it may have begun all the same is looked for as after a restart of the
   * agent: nothing runs beside it, and nothing of it is forgotten.
   */
  async #failedToStart(error: unknown): Promise<Duration | undefined> {
    const { run } = this.#record;
    if (error instanceof DriverStartError && error.mayRun && run !== null) {
      const found = await this.#found(run);
      if (found === undefined) return undefined;
      const { running, logs } = found;
      if (running !== undefined && logs !== undefined) return this.#attendFound({ running, logs }, run);
    }
    if (!this.#stop.signal.aborted) return this.#notStarted(error);
    void this.#keep({ run: null });
    return this.#stoppedBefore();
  }

  /** What follows when nothing of a start is there and the task is still wanted. */
  #notStarted(error: unknown): Duration | undefined {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `failed to start task '${this.#task.Name}' for alloc '${this.#parts.allocation.ID}': ${reason}`;
    const recoverable = error instanceof DriverStartError && error.isRecoverable;
    const next = this.#next([taskEvents.driverFailure(this.#time(), problem)], { kind: "failedToStart", recoverable });
    void this.#keep({ ...next.record, run: null });
    this.#tell();
    return next.delay;
  }

  /** Stays with a started task until it ends, is stopped, or is let go. */
  async #attend({ running, logs }: StartedTask): Promise<Duration | undefined> {
    const { runtime, node } = this.#parts;
    this.#parts.services.start(running, this.#task, () => taskVariables(this.#parts));
    const ended = await attendRun(running, logs, {
      runtime,
      log: this.#log,
      stop: this.#stop.signal,
      detach: this.#detach.signal,
      usage: this.usage,
      coreMHz: Number(node().Attributes["cpu.frequency"] ?? 0),
      isOver: (isDetached) => {
        if (isDetached) this.#parts.services.detach();
        else this.#parts.services.stop();
      },
      howToKill: () => {
        const timeout = this.#killTimeout();
        this.#happened(taskEvents.killing(this.#time(), timeout));
        return { signal: this.#task.KillSignal || this.#usualSignal(), timeout };
      },
    });
    return this.#conclude(running, ended);
  }

  /**
   * Keeps the end of a run and what follows from it, clears away what it left, and then tells. What follows is told at
   * once with the end: a task that is reported dead while it waits to be started again would be taken for done.
   */
  async #conclude(running: RunningTask | undefined, ended: AttendedEnd): Promise<Duration | undefined> {
    if (ended.kind === "detached") return undefined;
    const next = this.#afterEnd(ended);
    const run = this.#record.run && { ...this.#record.run, hasEnded: true };
    await this.#keep({ ...next.record, run });
    const isCleared = running === undefined || (await this.#discard(running));
    await ended.written;
    if (isCleared) void this.#keep({ run: null });
    this.#tell();
    return next.delay;
  }

  #afterEnd(ended: Exclude<AttendedEnd, { kind: "detached" }>): NextStep {
    if (ended.kind === "stopped") {
      const state = afterEvent(this.state, taskEvents.killed(ended.at, ended.problem));
      return { delay: undefined, record: { state, restart: null, isOver: true } };
    }
    const { exitCode, signal, message, oomKilled } = ended.exit;
    if (oomKilled) this.#parts.runtime.metrics.count(outOfMemory, 1, this.#labels);
    const event = taskEvents.terminated(ended.at, { exitCode, signal, message, outOfMemory: oomKilled });
    return this.#next([event], { kind: "exited", success: isSuccess(ended.exit) });
  }

  /** What comes after `events`, which end a try to run the task. */
  #next(events: readonly TaskEvent[], outcome: TaskOutcome): NextStep {
    const { clock } = this.#parts.runtime;
    const decision = this.#tracker.decide(clock.now(), outcome);
    const { count, intervalStart } = this.#tracker.counted;
    const restarts = { count, intervalStart: later(this.#time(), times(between(intervalStart, clock.now()), -1)) };
    const after = (...more: readonly TaskEvent[]) => [...events, ...more].reduce(afterEvent, this.state);
    switch (decision.kind) {
      case "finished":
        return { delay: undefined, record: { restarts, state: after(), restart: null, isOver: true } };
      case "giveUp": {
        const state = after(taskEvents.notRestarting(this.#time(), decision.reason));
        return { delay: undefined, record: { restarts, state, restart: null, isOver: true } };
      }
      case "restart": {
        const { delay } = decision;
        const state = after(taskEvents.restarting(this.#time(), decision.reason, delay));
        return {
          delay,
          record: { restarts, state, restart: { at: later(this.#time(), delay), delay }, isOver: false },
        };
      }
    }
  }

  /** What is left of the delay before the next start; undefined when the story is over. */
  #restOfDelay(): Duration | undefined {
    const { isOver, restart } = this.#record;
    if (isOver) return undefined;
    if (restart === null) return atOnce;
    const left = between(this.#time(), instantOf(restart.at));
    return nanoseconds(Math.max(0, Math.min(left, restart.delay)));
  }

  async #wait(delay: Duration): Promise<void> {
    await withEither([this.#stop.signal, this.#detach.signal], (either) =>
      pause(this.#parts.runtime.clock, delay, either),
    );
  }

  async #openLogs(): Promise<TaskLogs> {
    const { runtime, allocationPaths } = this.#parts;
    const place = { directory: allocationPaths.logs, task: this.#task.Name };
    this.#logs = await openTaskLogs(runtime.disk, place, logLimitsOf(this.#task.LogConfig));
    return this.#logs;
  }

  #usualSignal(): string {
    return this.#parts.driver?.capabilities.stopSignal ?? "SIGINT";
  }

  #killTimeout(): Duration {
    const timeout = shorter(nanoseconds(this.#task.KillTimeout), this.#parts.config.maxKillTimeout);
    return timeout > 0 ? timeout : seconds(1);
  }

  /** Whether nothing of the run is left. */
  async #discard(running: RunningTask): Promise<boolean> {
    try {
      await running.discard();
      return true;
    } catch (error) {
      this.#log.error("a task left something behind", { ...this.#names(), reason: String(error) });
      running.detach();
      return false;
    }
  }

  /** Tells what happened, and lets it be kept without waiting for it. */
  #happened(event: TaskEvent): void {
    void this.#keep({ state: afterEvent(this.state, event) });
    this.#tell();
  }

  #tell(): void {
    this.#parts.stateChanged(this.#task.Name, this.state);
  }

  /** Resolves when the record with this change would survive the agent. */
  #keep(change: Partial<TaskRecord>): Promise<void> {
    const before = this.#record;
    this.#record = { ...before, ...change };
    for (const counter of countedOf(before, this.#record)) {
      this.#parts.runtime.metrics.count(counter, 1, this.#labels);
    }
    return this.#parts.keeping.keep(this.#record);
  }

  #names() {
    return { allocationID: this.#parts.allocation.ID, task: this.#task.Name };
  }

  /** The time of day, for the task's story and whatever outlives the agent. */
  #time() {
    return this.#parts.runtime.clock.wallTime();
  }
}

/** A group without a policy restarts nothing. */
function restartPolicyOf(group: TaskGroup): RestartPolicy {
  return group.RestartPolicy ?? { Attempts: 0, Interval: 0, Delay: 0, Mode: "fail" };
}
