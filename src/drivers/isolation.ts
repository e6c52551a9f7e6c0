import { join } from "node:path";
import { formatGoDuration, later, milliseconds, minutes, seconds } from "../base/index.ts";
import {
  endsWithin,
  type Program,
  type ResourceLimits,
  type Runtime,
  type SupervisedProcess,
} from "../runtime/index.ts";
import {
  type DriverCapabilities,
  DriverStartError,
  type ExitResult,
  type RunningTask,
  type TaskConfig,
  type TaskHandle,
} from "./driver.ts";
import { hostView, hostViewProblem, type ShownPath } from "./host-view.ts";
import { bundleConfig } from "./oci-bundle.ts";
import { besideProgram, bundleFiles, findOciRuntime, ociProgram, textIfThere, writeBundle } from "./oci-runtime.ts";
import type { DriverSettings } from "./settings.ts";
import { endingNumber } from "./signals.ts";
import { type ProgramBeside, runningTask } from "./supervised-run.ts";
import { taskUser } from "./task-user.ts";
import { groupMeter } from "./usage-meters.ts";

/** How many processes and threads a task may have. */
const processLimit = 4096;
const mebibyte = 1024 * 1024;
/** How soon to look again whether the container is there; it takes some ten milliseconds. */
const containerPause = milliseconds(2);
/** A runtime that takes longer than this hangs. */
const containerPatience = minutes(2);
/** How long what was killed may take to end. */
const killPatience = seconds(10);
const highestSignal = 64;

/** Whom isolated tasks run as that name no user. */
const isolatedUser = "nobody";

/** What is the same for all drivers that isolate. */
export const isolatedCapabilities: DriverCapabilities = {
  directoriesInside: { shared: "/alloc", local: "/local", secrets: "/secrets" },
  hostEnvironment: true,
  isSupervised: true,
  defaultUser: isolatedUser,
};

/** What is to run, as the task sees it. */
export interface IsolatedProgram {
  readonly args: readonly string[];
  /** What the program needs to see of the host besides the rest. */
  readonly alsoShown?: readonly ShownPath[];
}

/**
 * Runs programs isolated from the host by an OCI runtime, which stays in the foreground under the shim: the task has
 * processes, mounts, a host name and limits of its own, and the host's network.
 */
export class Isolation {
  readonly #runtime: Runtime;
  readonly #driver: string;
  readonly #shown: readonly ShownPath[];

  constructor(runtime: Runtime, driver: string, { chrootEnv }: DriverSettings) {
    this.#runtime = runtime;
    this.#driver = driver;
    this.#shown = hostView(chrootEnv);
  }

  /** Starts what `isolated` says; it is asked once the task is known to be one that can be isolated. */
  async start(task: TaskConfig<unknown>, isolated: () => Promise<IsolatedProgram>): Promise<RunningTask> {
    const { supervision } = task.directories;
    const supervised = await this.#supervised(task, isolated);
    try {
      await this.#awaitContainer(supervised, task);
      return this.#running(supervised, supervision);
    } catch (cause) {
      await this.#end(supervised, cause);
      throw startError(cause);
    }
  }

  async recover(handle: TaskHandle): Promise<RunningTask | undefined> {
    const { supervision } = handle.fields;
    if (supervision === undefined) return undefined;
    const supervised = await this.#runtime.processes.recover(supervision);
    return supervised && this.#running(supervised, supervision);
  }

  /** Why tasks cannot be isolated here; undefined when they can. */
  async obstacle(): Promise<string | undefined> {
    const { disk, processes } = this.#runtime;
    if (processes.effectiveUserID !== 0) return "must run as root user";
    const notShown = hostViewProblem(this.#shown);
    if (notShown !== undefined) return notShown;
    const noLimits = processes.limitsUnavailable();
    if (noLimits !== undefined) return noLimits;
    const runtime = await findOciRuntime(disk, this.#hostPath());
    return runtime === undefined ? noOciRuntime : undefined;
  }

  /** Starts the runtime; what it takes is removed again when that fails. */
  async #supervised(task: TaskConfig<unknown>, isolated: () => Promise<IsolatedProgram>): Promise<SupervisedProcess> {
    const { disk, processes } = this.#runtime;
    const { supervision } = task.directories;
    const limits = limitsOf(task);
    try {
      const program = await this.#program(task, await isolated());
      return await processes.supervise(program, supervision, { limits });
    } catch (cause) {
      await disk.removeTree(supervision);
      throw startError(cause);
    }
  }

  /** Ends a runtime that makes no container because of `cause`. While something of it runs its files stay: it is found by them. */
  async #end(supervised: SupervisedProcess, cause: unknown): Promise<void> {
    try {
      supervised.signal("SIGKILL", { group: true });
      if (!(await endsWithin(this.#runtime.clock, supervised.exited, killPatience))) {
        throw new Error(`process ${supervised.pid} does not end`);
      }
      await supervised.discard();
    } catch (error) {
      supervised.detach();
      const left = `${(error as Error).message}, which was to be ended because: ${(cause as Error).message}`;
      throw new DriverStartError(`cannot end what the OCI runtime has begun: ${left}`, { cause, mayRun: true });
    }
  }

  /** Makes the task's bundle and says how to run it. */
  async #program(task: TaskConfig<unknown>, { args, alsoShown = [] }: IsolatedProgram): Promise<Program> {
    const { disk, processes } = this.#runtime;
    const { directories, env } = task;
    const runtime = await findOciRuntime(disk, this.#hostPath());
    if (runtime === undefined) throw new DriverStartError(noOciRuntime);
    const user = await taskUser(processes, task.user === "" ? isolatedUser : task.user);
    const hostname = task.taskName.replace(/[^A-Za-z0-9-]/g, "-").slice(0, 63);
    const shown = [...this.#shown, ...alsoShown];
    const bundle = await bundleConfig(disk, { args, env, user, hostname, directories, shown });
    await writeBundle(disk, directories.supervision, bundle);
    return ociProgram(disk, runtime, directories.supervision);
  }

  /** The runtime itself has started; now it has to make the container and start the command in it. */
  async #awaitContainer(supervised: SupervisedProcess, { directories, signal }: TaskConfig<unknown>): Promise<void> {
    const { clock, disk } = this.#runtime;
    const directory = directories.supervision;
    const deadline = later(clock.now(), containerPatience);
    let endedWith: number | undefined;
    const ended = supervised.exited.then(({ exitCode }) => {
      endedWith = exitCode;
    });
    const never = new AbortController().signal;
    const isMade = async () => (await textIfThere(disk, join(directory, bundleFiles.pid))) !== "";
    while (!(await isMade())) {
      // A task of a moment is made and gone while one looks: what counts is what is there after the end.
      if (endedWith !== undefined && !(await isMade())) {
        const told = (await textIfThere(disk, join(directory, bundleFiles.log))) || (await textOf(supervised.stderr));
        const problem = told.trim() || `the OCI runtime says nothing and exits with ${endedWith}`;
        throw new DriverStartError(`cannot make the container: ${problem}`);
      }
      if (signal?.aborted) throw new DriverStartError("cannot make the container: it is not wanted any more");
      if (clock.now() >= deadline) {
        const time = formatGoDuration(containerPatience);
        throw new DriverStartError(`cannot make the container within ${time}`, { recoverable: true });
      }
      await Promise.race([ended, clock.sleep(containerPause, never)]);
    }
  }

  #running(supervised: SupervisedProcess, supervision: string): RunningTask {
    let endedBy: number | undefined;
    return runningTask(this.#runtime.clock, {
      handle: { driver: this.#driver, fields: { supervision } },
      supervised,
      beside: (command, args) => this.#beside(supervision, [command, ...args]),
      meter: (coreMHz) => groupMeter(this.#runtime, supervised, coreMHz),
      ask: async (signal) => {
        endedBy = endingNumber(signal, await this.#statusOfTask(supervision));
        // The first process of a container does not get a signal that it has made no arrangements for. Outside it would
        // have ended by it, so it does here.
        if (endedBy === undefined) supervised.signal(signal, { group: "descendants" });
        else supervised.signal("SIGKILL", { group: true });
      },
      explain: (exit) => explained(exit, endedBy),
    });
  }

  async #beside(supervision: string, args: readonly string[]): Promise<ProgramBeside> {
    const { disk, random } = this.#runtime;
    const runtime = await findOciRuntime(disk, this.#hostPath());
    if (runtime === undefined) throw new Error(noOciRuntime);
    const file = join(supervision, `beside-${random.uuid()}.json`);
    const program = await besideProgram(disk, runtime, supervision, { args, file });
    return { program, done: () => disk.removeTree(file) };
  }

  /** The task's own entry in the host's process table, as text; empty when it has ended. */
  async #statusOfTask(supervision: string): Promise<string> {
    const { disk } = this.#runtime;
    const pid = Number(await textIfThere(disk, join(supervision, bundleFiles.pid)));
    return textIfThere(disk, `/proc/${pid}/status`);
  }

  #hostPath(): string {
    return this.#runtime.processes.environment.PATH ?? "";
  }
}

function startError(cause: unknown): DriverStartError {
  return cause instanceof DriverStartError ? cause : new DriverStartError((cause as Error).message, { cause });
}

const noOciRuntime = 'no OCI runtime: neither program "crun" nor "runc" found';

async function textOf(output: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function limitsOf({ resources }: TaskConfig<unknown>): ResourceLimits {
  const { IOPS, MemoryMB, MemoryMaxMB, CPU } = resources;
  if (IOPS !== 0 && (IOPS < 10 || IOPS > 1000)) {
    throw new DriverStartError(`resources.IOPS must be between 10 and 1000: ${IOPS}`);
  }
  const reserved = MemoryMB * mebibyte;
  const memory =
    MemoryMaxMB > MemoryMB
      ? { memoryBytes: MemoryMaxMB * mebibyte, memoryReservedBytes: reserved }
      : { memoryBytes: reserved };
  const io = IOPS === 0 ? {} : { ioWeight: IOPS };
  return { ...memory, ...io, cpuShares: Math.max(2, CPU), processes: processLimit };
}

/**
 * The runtime passes the task's exit on as a shell would, so that a signal shows only in the code; and it is killed
 * itself when the whole group is.
 */
function explained(exit: ExitResult, endedBy: number | undefined): ExitResult {
  if (endedBy !== undefined && exit.exitCode === 137) return { ...exit, exitCode: 128 + endedBy, signal: endedBy };
  const signal = exit.exitCode - 128;
  return exit.signal === 0 && signal > 0 && signal <= highestSignal ? { ...exit, signal } : exit;
}
