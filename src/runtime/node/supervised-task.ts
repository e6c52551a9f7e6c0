import { rm } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { GroupUsage, ProcessExit, ProcessOutput, Program, RunResult, SupervisedProcess } from "../processes.ts";
import type { ControlGroups } from "./control-groups.ts";
import type { ShimReport } from "./exit-record.ts";
import type { FifoReader } from "./fifo-reader.ts";
import {
  allProcesses,
  hasVariable,
  identityOf,
  ignoresSignal,
  isAlive,
  type ProcessEntry,
  processEntry,
  processTree,
  sendSignal,
} from "./process-table.ts";
import { runBeside } from "./run-beside.ts";
import { markVariable, supervisionFiles } from "./shim.ts";

/** How often, and at which interval, `discard` looks whether all has ended: five seconds in all. */
const discardTries = 500;
const discardPauseMilliseconds = 10;

/** For so long after its start a task may still be the shell it is started by, to which some signals mean nothing. */
const [startMilliseconds, startPauseMilliseconds] = [1_000, 1];
/** What a shell in the background ignores for good, as does all that it becomes until `env` undoes that. */
const ignoredAtStart: readonly string[] = ["SIGINT", "SIGQUIT"];

/** The parts of a supervised process, found or made. */
export interface SupervisedParts {
  readonly directory: string;
  readonly identity: string;
  readonly groups: ControlGroups | undefined;
  readonly stdout: FifoReader;
  readonly stderr: FifoReader;
  /** Resolves once the process has ended; the output is drained after it. */
  readonly ended: Promise<ShimReport>;
  /** Ends the waiting for `ended`. */
  readonly forget: () => void;
}

/** A process under a shim, whose files are in `directory`. */
export class SupervisedTask implements SupervisedProcess {
  readonly pid: number;
  readonly identity: string;
  readonly stdout: ProcessOutput;
  readonly stderr: ProcessOutput;
  readonly exited: Promise<ProcessExit>;
  readonly #parts: SupervisedParts;
  readonly #since = performance.now();

  constructor(parts: SupervisedParts) {
    this.#parts = parts;
    this.pid = Number.parseInt(parts.identity, 10);
    this.identity = parts.identity;
    this.stdout = parts.stdout;
    this.stderr = parts.stderr;
    this.exited = parts.ended.then((report) => {
      parts.stdout.finish();
      parts.stderr.finish();
      return { ...report, oomKilled: wasOutOfMemory(parts.groups) };
    });
  }

  async groupUsage(): Promise<GroupUsage | undefined> {
    return this.#parts.groups?.usage();
  }

  run(program: Program, options: { readonly signal: AbortSignal; readonly lastBytes: number }): Promise<RunResult> {
    const { groups, directory } = this.#parts;
    const marked = { ...program, env: { ...program.env, [markVariable]: directory } };
    return runBeside(groups === undefined ? marked : program, groups?.joinedBy() ?? [], options);
  }

  signal(signal: string, { group = false }: { readonly group?: boolean | "descendants" } = {}): void {
    const number = signalNumber(signal);
    if (ignoredAtStart.includes(signal) && this.#isStarting(number)) {
      setTimeout(() => this.#signalLater(signal, { group }), startPauseMilliseconds).unref();
      return;
    }
    if (group === false) {
      if (isAlive(this.identity)) sendSignal(this.pid, number);
      return;
    }
    const except = group === "descendants" ? this.pid : undefined;
    if (signal === "SIGKILL" && except === undefined && this.#parts.groups !== undefined) {
      this.#parts.groups.kill();
      // Somebody may have moved it elsewhere.
      if (isAlive(this.identity)) sendSignal(this.pid, number);
    } else if (this.#parts.groups !== undefined) this.#parts.groups.signal(number, { except });
    else for (const pid of this.#members()) if (pid !== except) sendSignal(pid, number);
  }

  /** Nobody is there any more to whom a failure could be told: it would end the agent. */
  #signalLater(...signal: Parameters<SupervisedProcess["signal"]>): void {
    try {
      this.signal(...signal);
    } catch {
      // Whoever wants the task to end has other means when it does not.
    }
  }

  /** A signal that it ignores is kept until it does not, or has had the time to become itself. */
  #isStarting(signal: number): boolean {
    return performance.now() - this.#since < startMilliseconds && ignoresSignal(this.pid, signal);
  }

  async discard(): Promise<void> {
    const { groups, directory, stdout, stderr } = this.#parts;
    for (let tries = 0; ; tries++) {
      this.signal("SIGKILL", { group: true });
      const left = this.#members();
      if (left.length === 0 && (groups === undefined || groups.remove())) break;
      if (tries >= discardTries)
        throw new Error(`Cannot end what process ${this.pid} left running: ${left.join(", ")}`);
      await pause(discardPauseMilliseconds);
    }
    stdout.finish();
    stderr.finish();
    // Without its entry in the process table the rest is known for what it is, should it not come to removing that.
    await rm(join(directory, supervisionFiles.task), { force: true });
    await rm(directory, { recursive: true, force: true });
  }

  detach(): void {
    this.#parts.forget();
    this.#parts.stdout.detach();
    this.#parts.stderr.detach();
  }

  /**
   * Without a control group: what is in the process's session, what descends from it, and what bears its mark. The
   * kernel gives a number to another process only when the session of that number is empty: then whatever bears it,
   * and comes of it, is none of ours.
   */
  #members(): number[] {
    const { groups, directory } = this.#parts;
    if (groups !== undefined) return groups.members();
    const bearer = processEntry(this.pid);
    const isOurs = bearer === undefined || identityOf(bearer) === this.identity;
    const descendants = new Set(bearer === undefined || bearer.isZombie ? [] : processTree(this.pid));
    const isKin = ({ pid, session }: ProcessEntry) => isOurs && (session === this.pid || descendants.has(pid));
    return allProcesses()
      .filter((entry) => !entry.isZombie && (isKin(entry) || hasVariable(entry.pid, markVariable, directory)))
      .map(({ pid }) => pid);
  }
}

/** What cannot be read, for instance for want of descriptors, counts as no: that a task has ended must be told. */
function wasOutOfMemory(groups: ControlGroups | undefined): boolean {
  try {
    return groups?.oomKilled() ?? false;
  } catch {
    return false;
  }
}

function signalNumber(name: string): number {
  const number = (constants.signals as Record<string, number>)[name];
  if (number === undefined) throw new Error(`Unknown signal "${name}"`);
  return number;
}
