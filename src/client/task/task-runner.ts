import { type Duration, type Instant, nanoseconds, seconds, shorter, withEither } from "../../base/index.ts";
import { type Driver, DriverStartError, isSuccess, type RunningTask } from "../../drivers/index.ts";
import type {
  Allocation,
  Job,
  Node,
  RestartPolicy,
  Task,
  TaskEvent,
  TaskGroup,
  TaskState,
  TaskUsage,
} from "../../model/index.ts";
import { type Log, pause, type Runtime } from "../../runtime/index.ts";
import type { AllocationPaths, TaskPaths } from "../allocation/allocation-directory.ts";
import type { ClientConfig } from "../config.ts";
import { logLimitsOf } from "../logs/rotated-log.ts";
import { openTaskLogs, type TaskLogs } from "../logs/task-logs.ts";
import type { TaskServices } from "../services/task-services.ts";
import { type EndOfRun, endOfRun } from "./end-of-run.ts";
import { killTask } from "./kill-task.ts";
import { pumpLog } from "./log-pump.ts";
import { prepareTask, taskVariables } from "./prepare-task.ts";
import { RestartTracker, type TaskOutcome } from "./restart-tracker.ts";
import { taskEvents } from "./task-events.ts";
import { afterEvent, newTaskState } from "./task-state.ts";
import { refusalOf } from "./validate-task.ts";

/** What a task of an allocation is run with. */
export interface TaskRunnerParts {
  readonly runtime: Runtime;
  readonly config: ClientConfig;
  /** The node as it is known now. */
  readonly node: () => Node;
  /** Undefined when this client has no such driver. */
  readonly driver: Driver<unknown> | undefined;
  readonly allocation: Allocation;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly task: Task;
  readonly allocationPaths: AllocationPaths;
  readonly paths: TaskPaths;
  readonly services: TaskServices;
  /** A fresh path for the files of one run's supervisor. */
  readonly supervisionPath: () => Promise<string>;
  /** Told of every change. */
  readonly stateChanged: (task: string, state: TaskState) => void;
}

interface StartedTask {
  readonly running: RunningTask;
  readonly logs: TaskLogs;
}

/**
 * One task's life on this node: received, started, and started again as its restart policy says, until it is done,
 * given up or stopped. Its story is told in events.
 */
export class TaskRunner {
  readonly #parts: TaskRunnerParts;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #detach = new AbortController();
  readonly #tracker: RestartTracker;
  /** As last updated by the servers; what was started stays as it was. */
  #task: Task;
  #state: TaskState = newTaskState;
  #usage: TaskUsage | undefined;
  #logs: TaskLogs | undefined;

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
    this.#task = parts.task;
    this.#log = parts.runtime.log.named("client");
    const { clock, random } = parts.runtime;
    this.#tracker = new RestartTracker(restartPolicyOf(parts.group), parts.job.Type, random, clock.now());
  }

  get state(): TaskState {
    return this.#state;
  }

  /** The latest sample; undefined while the task does not run. */
  get usage(): TaskUsage | undefined {
    return this.#usage;
  }

  /** Runs the task to the end of its story. */
  async run(): Promise<void> {
    this.#emit(taskEvents.received(this.#time()));
    const refusal = refusalOf(this.#task, this.#parts.config, this.#time());
    for (const event of refusal) this.#emit(event);
    if (refusal.length > 0) return;
    let outcome: TaskOutcome | undefined;
    do {
      outcome = await this.#runOnce();
    } while (outcome !== undefined && (await this.#isToBeStartedAgain(outcome)));
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

  /** One start and what came of it; undefined when the task was stopped or let go. */
  async #runOnce(): Promise<TaskOutcome | undefined> {
    if (this.#detach.signal.aborted) return undefined;
    if (this.#stop.signal.aborted) {
      this.#emit(taskEvents.killed(this.#time(), ""));
      return undefined;
    }
    let started: StartedTask;
    try {
      started = await this.#start();
    } catch (error) {
      const { allocation } = this.#parts;
      const reason = error instanceof Error ? error.message : String(error);
      const problem = `failed to start task '${this.#task.Name}' for alloc '${allocation.ID}': ${reason}`;
      this.#emit(taskEvents.driverFailure(this.#time(), problem));
      return { kind: "failedToStart", recoverable: error instanceof DriverStartError && error.isRecoverable };
    }
    return this.#attend(started);
  }

  async #start(): Promise<StartedTask> {
    const { runtime, allocationPaths } = this.#parts;
    const { driver, config } = await prepareTask(this.#parts);
    const place = { directory: allocationPaths.logs, task: this.#task.Name };
    const logs = await openTaskLogs(runtime.disk, place, logLimitsOf(this.#task.LogConfig));
    this.#logs = logs;
    try {
      return { running: await driver.start(config), logs };
    } catch (error) {
      for (const log of logs) await log.close();
      throw error;
    }
  }

  /** Stays with a started task until it ends, is stopped, or is let go. */
  async #attend({ running, logs: [stdout, stderr] }: StartedTask): Promise<TaskOutcome | undefined> {
    this.#emit(taskEvents.started(this.#time()));
    this.#parts.services.start(running, this.#task, taskVariables(this.#parts));
    const sampling = new AbortController();
    const pumps = Promise.all([pumpLog(running.stdout, stdout, this.#log), pumpLog(running.stderr, stderr, this.#log)]);
    const samples = this.#sample(running, sampling.signal);
    const ended = await endOfRun({
      exited: running.exited,
      stop: this.#stop.signal,
      detach: this.#detach.signal,
    });
    sampling.abort();
    if (ended.kind === "detached") this.#parts.services.detach();
    else this.#parts.services.stop();
    const killError = ended.kind === "stopped" ? await this.#kill(running) : "";
    const endedAt = this.#time();
    if (ended.kind === "detached") running.detach();
    // One that cannot be killed may write for ever.
    else if (killError === "") await pumps;
    if (ended.kind !== "detached") await this.#discard(running);
    await Promise.all([samples, pumps]);
    return this.#tell(ended, endedAt, killError);
  }

  /**
   * Tells the end when nothing of the run is left and all it wrote is in its logs. What follows is decided and told at
   * once: a task that is reported dead while it waits to be started again would be taken for done.
   */
  #tell(ended: EndOfRun, at: Instant, killError: string): TaskOutcome | undefined {
    if (ended.kind === "detached") return undefined;
    if (ended.kind === "stopped") {
      this.#emit(taskEvents.killed(at, killError));
      return undefined;
    }
    const { exitCode, signal, message, oomKilled } = ended.exit;
    this.#emit(taskEvents.terminated(at, { exitCode, signal, message, outOfMemory: oomKilled }));
    return { kind: "exited", success: isSuccess(ended.exit) };
  }

  /** What went wrong; empty when nothing did. */
  #kill(running: RunningTask): Promise<string> {
    const timeout = this.#killTimeout();
    this.#emit(taskEvents.killing(this.#time(), timeout));
    return killTask(this.#parts.runtime.clock, running, { signal: this.#task.KillSignal || "SIGINT", timeout });
  }

  #killTimeout(): Duration {
    const timeout = shorter(nanoseconds(this.#task.KillTimeout), this.#parts.config.maxKillTimeout);
    return timeout > 0 ? timeout : seconds(1);
  }

  async #discard(running: RunningTask): Promise<void> {
    try {
      await running.discard();
    } catch (error) {
      const { allocation } = this.#parts;
      this.#log.error("a task left something behind", {
        allocationID: allocation.ID,
        task: this.#task.Name,
        reason: String(error),
      });
      running.detach();
    }
  }

  async #sample(running: RunningTask, signal: AbortSignal): Promise<void> {
    const { config, node } = this.#parts;
    const options = { every: config.statsInterval, coreMHz: Number(node().Attributes["cpu.frequency"] ?? 0) };
    try {
      for await (const usage of running.stats(options, signal)) this.#usage = usage;
    } catch (error) {
      this.#log.debug("no usage of a task", { task: this.#task.Name, reason: String(error) });
    } finally {
      this.#usage = undefined;
    }
  }

  async #isToBeStartedAgain(outcome: TaskOutcome): Promise<boolean> {
    const decision = this.#tracker.decide(this.#parts.runtime.clock.now(), outcome);
    switch (decision.kind) {
      case "finished":
        return false;
      case "giveUp":
        this.#emit(taskEvents.notRestarting(this.#time(), decision.reason));
        return false;
      case "restart":
        this.#emit(taskEvents.restarting(this.#time(), decision.reason, decision.delay));
        await withEither([this.#stop.signal, this.#detach.signal], (either) =>
          pause(this.#parts.runtime.clock, decision.delay, either),
        );
        return true;
    }
  }

  #emit(event: TaskEvent): void {
    this.#state = afterEvent(this.#state, event);
    this.#parts.stateChanged(this.#task.Name, this.#state);
  }

  /** The time of day, for the task's story. */
  #time() {
    return this.#parts.runtime.clock.wallTime();
  }
}

/** A group without a policy restarts nothing. */
function restartPolicyOf(group: TaskGroup): RestartPolicy {
  return group.RestartPolicy ?? { Attempts: 0, Interval: 0, Delay: 0, Mode: "fail" };
}
