import type { Duration } from "../base/index.ts";

/** A program to be started. Arguments go as they are: no shell reads them. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** User and group to run as; undefined keeps the agent's. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** What a supervised program and all that it starts may use together. */
export interface ResourceLimits {
  /** Beyond it the kernel kills. */
  readonly memoryBytes: number;
  /** What is set aside of it: the kernel takes memory from others first. */
  readonly memoryReservedBytes?: number;
  /** The weight against others where CPU time is short; at least 2, usually 1024. */
  readonly cpuShares: number;
  /** How many processes and threads there may be. */
  readonly processes: number;
  /** The weight against others where disks are short of time, 10 to 1000; where the kernel knows no weights it has no effect. */
  readonly ioWeight?: number;
}

/** A short-lived helper's result; output beyond the limit is cut off. */
export interface RunResult {
  readonly exitCode: number;
  readonly signal: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A helper between two streams: what it makes of its input is read as it comes. */
export interface PipedProgram {
  /** What it prints, for one reader. It must be read: a helper with a full pipe waits. */
  readonly output: AsyncIterable<Uint8Array>;
  /**
   * Resolves when it has ended and closed its output; `stdout` is empty here. Rejects with what its input threw, or with
   * the signal's reason: it was killed then, and its output is cut off.
   */
  readonly ended: Promise<RunResult>;
}

/** What a program writes, for one reader, who takes it in one of the two ways. Nothing is read before that. */
export interface ProcessOutput extends AsyncIterable<Uint8Array> {
  /**
   * Hands over each chunk in the very moment in which it is read: whoever writes it down at once loses nothing should
   * this process be killed, but in the microseconds between. `take` does not throw, and the chunk is its own only until it
   * returns; as long as a promise that it returns is not settled, nothing more is read. Resolves after the last chunk.
   */
  each(take: (chunk: Uint8Array) => Promise<void> | undefined): Promise<void>;
}

/**
 * A program under supervision: it outlives the agent, its output goes to FIFOs that the agent reads, and
 * its exit code is kept in a file until it is asked for.
 */
export interface SupervisedProcess {
  readonly pid: number;
  /** Process id together with the kernel's start time: tells this process from a later one with its number. */
  readonly identity: string;
  readonly stdout: ProcessOutput;
  readonly stderr: ProcessOutput;
  /** Resolves when the process itself has ended, whatever it left running; all it wrote before is in the output. */
  readonly exited: Promise<ProcessExit>;
  /**
   * Runs a helper to its end that is bound and ended like what the process started itself. All it writes, to wherever, is
   * in `stdout`, the last of it if that is more than `lastBytes`. Kills it, and what it started, when `signal` fires.
   */
  run(program: Program, options: { readonly signal: AbortSignal; readonly lastBytes: number }): Promise<RunResult>;
  /** What it and all it started use; undefined unless it runs under limits. */
  groupUsage(): Promise<GroupUsage | undefined>;
  /**
   * Sends `signal` (a name such as `SIGINT`) to the process; with `group` to it and everything it started, or only to
   * the latter.
   */
  signal(signal: string, options?: { readonly group?: boolean | "descendants" }): void;
  /**
   * Kills whatever it left running and removes the supervisor's files and groups. To be called once, after `exited`.
   * Rejects when something could not be ended in a few seconds.
   */
  discard(): Promise<void>;
  /** Lets go without touching the process: output that is not yet read stays for whoever recovers it. */
  detach(): void;
}

export interface ProcessExit {
  /** As a shell reports it: 128 plus the signal when one ended the process. */
  readonly exitCode: number;
  /** Number of the signal that ended it, or 0. */
  readonly signal: number;
  /** Whether the kernel killed it, or something it started, for want of memory within its limits. */
  readonly oomKilled: boolean;
  /** Set when the code could not be learned. */
  readonly lost?: string;
}

/** A process and all that descends from it. */
export interface ProcessTree {
  /**
   * Of each that lives, the process itself first; a new descendant may be missing for five seconds. Empty when all are
   * gone. `without` is the number of one that nobody wants to know of.
   */
  usage(without?: number): readonly ProcessUsage[];
}

export interface ProcessUsage {
  readonly pid: number;
  readonly residentBytes: number;
  readonly swapBytes: number;
  /** CPU time since the process began, in user and in system mode. */
  readonly userTime: Duration;
  readonly systemTime: Duration;
}

/** What a whole group of processes uses. Times since it began; the largest values are those ever reached. */
export interface GroupUsage {
  readonly residentBytes: number;
  readonly cacheBytes: number;
  readonly swapBytes: number;
  readonly usageBytes: number;
  readonly maxUsageBytes: number;
  readonly kernelBytes: number;
  readonly kernelMaxBytes: number;
  readonly userTime: Duration;
  readonly systemTime: Duration;
  /** How often, and how long in all, the group had to wait because of a limit. */
  readonly throttledPeriods: number;
  readonly throttledTime: Duration;
}

export interface SuperviseOptions {
  readonly limits?: ResourceLimits;
  /**
   * Texts to be kept in the directory, by the names of their files, from before the start for as long as the program is
   * there. They survive this process, but not the machine: neither does the program.
   */
  readonly files?: Readonly<Record<string, string>>;
}

/** Programs of the operating system. */
export interface Processes {
  /** Runs a helper to its end and collects what it printed; kills it when `signal` fires. */
  run(program: Program, options: { readonly signal: AbortSignal; readonly input?: Uint8Array }): Promise<RunResult>;
  /** Starts a helper that reads `input` and prints; kills it when `signal` fires or `input` throws. */
  pipe(
    program: Program,
    options: { readonly signal: AbortSignal; readonly input?: AsyncIterable<Uint8Array> },
  ): PipedProgram;
  /** Programs will be supervised: makes what that needs at all, so that the first does not wait for it. */
  expectPrograms(): void;
  /**
   * Begins what `supervise` needs in `directory`, so that it is there by then; resolves when it is, or cannot be had, which
   * `supervise` will say. Who then supervises nothing there removes the directory.
   */
  makeReady(directory: string): Promise<void>;
  /**
   * Starts `program` in a session of its own, with exactly its `env` and no descriptor but 0, 1 and 2; `directory`
   * keeps its supervisor's files, and serves one program in its life. `command` is an absolute path.
   */
  supervise(program: Program, directory: string, options?: SuperviseOptions): Promise<SupervisedProcess>;
  /** Why programs cannot be put under limits here; undefined when they can. */
  limitsUnavailable(): string | undefined;
  /**
   * Finds a supervised process again by its directory, also one that was being started when its agent was killed;
   * undefined when there is none, and then none begins any more and nothing of it is left. Rejects when that cannot be
   * found out.
   */
  recover(directory: string): Promise<SupervisedProcess | undefined>;
  /** A process and all its descendants, to be looked at again and again. */
  tree(pid: number): ProcessTree;
  /** User and group ids of a user name; undefined when the host knows no such user. */
  user(name: string): Promise<{ readonly uid: number; readonly gid: number } | undefined>;
  readonly effectiveUserID: number;
  readonly environment: Readonly<Record<string, string>>;
}
