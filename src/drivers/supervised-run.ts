import { type Clock, endsWithin, type ProcessExit, type Program, type SupervisedProcess } from "../runtime/index.ts";
import type { ExecOptions, ExitResult, RunningTask, TaskHandle, UsageMeter } from "./driver.ts";
import { execBeside } from "./exec-beside.ts";

/** What drivers that run their tasks under supervision have different. */
export interface SupervisedRun {
  readonly handle: TaskHandle;
  readonly supervised: SupervisedProcess;
  /** Asks the task to end. */
  ask(signal: string): Promise<void>;
  meter(coreMHz: number): UsageMeter;
  /** The program that runs another one beside the task; absent where there is no place for it. */
  beside?(command: string, args: readonly string[], env: ExecOptions["env"]): Promise<ProgramBeside>;
  /** Says more of an exit than the process does. */
  explain?(exit: ExitResult): ExitResult;
}

/** A program to be run beside a task, and what is to be done when it has ended. */
export interface ProgramBeside {
  readonly program: Program;
  done(): Promise<void>;
}

/** A running task by its supervised process. */
export function runningTask(clock: Clock, run: SupervisedRun): RunningTask {
  const { handle, supervised, meter, explain = (exit) => exit } = run;
  const exited = supervised.exited.then((exit) => explain(exitResult(exit)));
  const execBy =
    (beside: NonNullable<SupervisedRun["beside"]>): NonNullable<RunningTask["exec"]> =>
    async (command, args, { env, ...options }) => {
      const { program, done } = await beside(command, args, env);
      return execBeside(clock, supervised, program, options).finally(done);
    };
  return {
    handle,
    exited,
    meter,
    stdout: supervised.stdout,
    stderr: supervised.stderr,
    stop: async (signal, grace) => {
      await run.ask(signal);
      if (!(await endsWithin(clock, exited, grace))) supervised.signal("SIGKILL", { group: true });
      await exited;
    },
    ...(run.beside === undefined ? {} : { exec: execBy(run.beside) }),
    discard: () => supervised.discard(),
    detach: () => supervised.detach(),
  };
}

function exitResult({ exitCode, signal, oomKilled, lost }: ProcessExit): ExitResult {
  const message = lost === undefined ? (oomKilled ? "OOM Killed" : "") : `unknown exit: ${lost}`;
  return { exitCode, signal, oomKilled, message };
}
