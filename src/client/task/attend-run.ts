import type { Duration, Instant } from "../../base/index.ts";
import type { ExitResult, RunningTask } from "../../drivers/index.ts";
import type { Log, Runtime } from "../../runtime/index.ts";
import type { TaskLogs } from "../logs/task-logs.ts";
import { endOfRun } from "./end-of-run.ts";
import { killTask } from "./kill-task.ts";
import { pumpLog } from "./log-pump.ts";
import type { WatchedUsage } from "./watched-usage.ts";

/** What whoever attends to a run needs of its owner. */
export interface Attendance {
  readonly runtime: Runtime;
  readonly log: Log;
  readonly stop: AbortSignal;
  readonly detach: AbortSignal;
  readonly usage: WatchedUsage;
  /** Clock rate of one core of this node. */
  readonly coreMHz: number;
  /** Told once that the run has ended, or is to be stopped, or that it is let go. */
  readonly isOver: (isDetached: boolean) => void;
  /** Asked once when the run is to be stopped, after that. */
  readonly howToKill: () => { readonly signal: string; readonly timeout: Duration };
}

/**
 * How a run came to its end, by the time of day; `problem` is empty when it could be killed. One that could not may
 * write for as long as it is not discarded: `written` resolves when all is in the logs.
 */
export type AttendedEnd =
  | { readonly kind: "exited"; readonly at: Instant; readonly exit: ExitResult; readonly written: Promise<unknown> }
  | { readonly kind: "stopped"; readonly at: Instant; readonly problem: string; readonly written: Promise<unknown> }
  | { readonly kind: "detached" };

/**
 * Stays with a task that runs until it ends, is stopped, or is let go: writes its logs, measures what it uses, kills it
 * when it is to be stopped.
 */
export async function attendRun(
  running: RunningTask,
  [stdout, stderr]: TaskLogs,
  owner: Attendance,
): Promise<AttendedEnd> {
  const { clock } = owner.runtime;
  const measuring = new AbortController();
  const pumps = Promise.all([pumpLog(running.stdout, stdout, owner.log), pumpLog(running.stderr, stderr, owner.log)]);
  const measured = measure(running, owner, measuring.signal);
  const ended = await endOfRun({ exited: running.exited, stop: owner.stop, detach: owner.detach });
  measuring.abort();
  owner.isOver(ended.kind === "detached");
  if (ended.kind === "detached") {
    running.detach();
    await Promise.all([measured, pumps]);
    return ended;
  }
  const problem = ended.kind === "stopped" ? await killTask(clock, running, owner.howToKill()) : "";
  const at = clock.wallTime();
  if (problem === "") await pumps;
  const written = Promise.all([measured, pumps]);
  return ended.kind === "stopped"
    ? { kind: "stopped", at, problem, written }
    : { kind: "exited", at, exit: ended.exit, written };
}

async function measure(running: RunningTask, { usage, coreMHz, log }: Attendance, signal: AbortSignal): Promise<void> {
  try {
    await usage.follow(running.meter(coreMHz), signal);
  } catch (error) {
    log.debug("no usage of a task", { reason: String(error) });
  }
}
