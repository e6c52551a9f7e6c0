import type * as z from "zod";
import type { Duration } from "../base/index.ts";
import type { Resources, TaskUsage } from "../model/index.ts";
import type { ProcessOutput } from "../runtime/index.ts";

/**
 * A way to run tasks. What the client gives to a driver is ready for use: interpolated, checked, its directories made;
 * what a driver gives back says how the task went and leaves nothing behind once discarded.
 */
export interface Driver<Config> {
  /** As jobs name it: `raw_exec`, `exec` … */
  readonly name: string;
  /** Reads the task's `config` block. Numbers and booleans may stand for text, as in Nomad. */
  readonly config: z.ZodType<Config>;
  readonly capabilities: DriverCapabilities;
  /**
   * Says whether this driver works here: once at first, again whenever that may have changed, until `signal` fires;
   * ends by itself if it cannot change. `options` are the client's (`driver.raw_exec.enable` …).
   */
  fingerprint(options: Readonly<Record<string, string>>, signal: AbortSignal): AsyncIterable<Fingerprint>;
  /**
   * Resolves when the task runs. Throws `DriverStartError` when it cannot be started, with nothing left behind unless the
   * error says that something `mayRun`.
   */
  start(task: TaskConfig<Config>): Promise<RunningTask>;
  /**
   * Finds a task again, running or ended, after the agent restarts; undefined when there is none, and then nothing of it
   * is left that could still begin. The agent may have been killed while the task was being started: then the handle
   * has no more than the run's directory, as `supervision`, and the `allocationID`. Rejects when it cannot be found out
   * now, for instance because a daemon does not answer: the client asks again, and starts no other meanwhile. `logs` are
   * those that the output went to before, and goes to again.
   */
  recover(handle: TaskHandle, logs?: TaskLogEnds): Promise<RunningTask | undefined>;
}

/** What the client has to know of a driver to prepare a task for it. */
export interface DriverCapabilities {
  /** Where the task finds its directories if it does not see the host's; for `NOMAD_ALLOC_DIR` and its siblings. */
  readonly directoriesInside?: { readonly shared: string; readonly local: string; readonly secrets: string };
  /** Whether tasks get the agent's own environment too (less `env.blacklist`). */
  readonly hostEnvironment: boolean;
  /** Whether its runs are programs under the runtime's supervision: then the client has their places made ready ahead. */
  readonly isSupervised?: boolean;
  /** As which user a task runs that names none; undefined means the agent's. */
  readonly defaultUser?: string;
  /** How often `fingerprint` looks again; undefined means never. */
  readonly fingerprintEvery?: Duration;
  /** The signal that asks a task to end whose job names none; undefined means `SIGINT`, empty the task's own choice. */
  readonly stopSignal?: string;
  /** By which numbers the task knows its ports, by their labels, out of its `config` block as the job has it. */
  readonly portsInside?: (config: Readonly<Record<string, unknown>>) => ReadonlyMap<string, number>;
}

/** Whether and how a driver works on this node. */
export interface Fingerprint {
  readonly detected: boolean;
  readonly healthy: boolean;
  /** For people: that all is well, or why the driver does not work. */
  readonly description: string;
  /** Attributes of the node, for instance `driver.exec` = `1`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** One run of one task. Nothing in it is shared with an earlier or later run. */
export interface TaskConfig<Config> {
  readonly allocationID: string;
  readonly taskName: string;
  /** What the driver's `config` schema made of the job's, interpolated. */
  readonly config: Config;
  /** All of it: a driver adds nothing. */
  readonly env: Readonly<Record<string, string>>;
  readonly directories: TaskDirectories;
  readonly resources: Resources;
  /** Empty means the driver's default. */
  readonly user: string;
  /** The node's id, for marks on what must be known as this client's again. */
  readonly nodeID?: string;
  /** Where the output goes, for drivers that can deliver it again. */
  readonly logs?: TaskLogEnds;
  /** Fires when the task is not wanted any more: `start` then gives up what takes long, and throws. */
  readonly signal?: AbortSignal;
  /** Tells people what takes long while the task is being started. */
  readonly tell?: (message: string) => void;
}

/** The ends of a task's logs. */
export interface TaskLogEnds {
  readonly stdout: LogEnd;
  readonly stderr: LogEnd;
}

/** How far a log has been written. */
export interface LogEnd {
  /** A name for where the log ends now. */
  mark(): string;
  /** How many bytes were written after a mark; undefined when that cannot be known any more. */
  bytesSince(mark: string): Promise<number | undefined>;
}

/** Absolute paths on the host. */
export interface TaskDirectories {
  /** Shared by the allocation's tasks. */
  readonly shared: string;
  /** The task's own, with `local` and `tmp` in it. */
  readonly task: string;
  readonly local: string;
  /** Where the agent puts secrets for the task. Isolated tasks are shown it only if it is a file system in memory. */
  readonly secrets?: string;
  /**
   * For the driver alone, for this run alone, out of the task's sight: not there yet, or made ready for supervision. `discard`
   * removes it, and the client after a start that has left nothing behind.
   */
  readonly supervision: string;
}

/** All that `recover` needs: plain JSON, to be stored before the task counts as started. */
export interface TaskHandle {
  readonly driver: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What a task writes. With `each`, what is read can be written down at once, and survives the agent's sudden end. */
export type TaskOutput = AsyncIterable<Uint8Array> & Partial<Pick<ProcessOutput, "each">>;

/** A task that was started and not yet discarded. */
export interface RunningTask {
  readonly handle: TaskHandle;
  /** What the task writes, each for one reader. It must be read: a task with a full pipe waits. */
  readonly stdout: TaskOutput;
  readonly stderr: TaskOutput;
  /** Resolves when the task's main process has ended. Never rejects. */
  readonly exited: Promise<ExitResult>;
  /** Sends `signal` to the task, and after `grace` kills it with all it started. Resolves when it has ended. */
  stop(signal: string, grace: Duration): Promise<void>;
  /** Measures what the task uses. `coreMHz` is the clock rate of one core, by which shares of it become `TotalTicks`. */
  meter(coreMHz: number): UsageMeter;
  /**
   * Runs a program beside the task: in its isolation, as its user, in its directory, bound by its limits. Absent where the
   * driver cannot. Resolves when the program has ended, or has been killed, with what it started, because its time was
   * over. Rejects when it cannot be run, or with the signal's reason.
   */
  exec?(command: string, args: readonly string[], options: ExecOptions): Promise<ExecResult>;
  /** To be called once the task has exited and its result is stored: ends what it left running, removes every trace. */
  discard(): Promise<void>;
  /** Lets go of a task that is to outlive the agent. */
  detach(): void;
}

/**
 * Takes a sample whenever it is called. Shares of processor time are those since the sample before, of the first 0.
 * Undefined where there is nothing to be measured, as once the task has ended.
 */
export type UsageMeter = () => Promise<TaskUsage | undefined>;

export interface ExecOptions {
  /** The task's environment: for a task in a container, that of the container is the same. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeout: Duration;
  /** So much of the output is kept, from its end. */
  readonly outputBytes: number;
  readonly signal: AbortSignal;
}

export interface ExecResult {
  /** 128 plus the signal when one ended the program. */
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** What the program wrote, to wherever. */
  readonly output: string;
}

/** How a task ended. */
export interface ExitResult {
  /** 128 plus the signal when one ended the task. */
  readonly exitCode: number;
  /** The signal's number, or 0. */
  readonly signal: number;
  /** The kernel killed the task, or a part of it, for want of memory within its limit. */
  readonly oomKilled: boolean;
  /** For people; empty when code and signal say all. */
  readonly message: string;
}

/** True if the task did what it was to do. */
export function isSuccess(exit: ExitResult): boolean {
  return exit.exitCode === 0 && exit.signal === 0 && !exit.oomKilled;
}

/** A task could not be started; the message is Nomad's own where it has one. */
export class DriverStartError extends Error {
  override readonly name = "DriverStartError";
  /** Whether another try may do better. */
  readonly isRecoverable: boolean;
  /** Whether something of it may run all the same: it is to be looked for by its directory. */
  readonly mayRun: boolean;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly recoverable?: boolean; readonly mayRun?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.isRecoverable = options.recoverable ?? false;
    this.mayRun = options.mayRun ?? false;
  }
}
