import { type Instant, minutes, seconds, shorter, times } from "../../base/index.ts";
import type { Driver, RunningTask, TaskLogEnds } from "../../drivers/index.ts";
import { type Log, pause, type Runtime } from "../../runtime/index.ts";
import { handleOfStart } from "../state/left-runs.ts";
import type { TaskRun } from "../state/task-record.ts";
import type { AttendedEnd } from "./attend-run.ts";

/** What cannot be found out now is asked again after this, then after ever longer. */
const [firstPause, longestPause] = [seconds(1), minutes(1)];

/** Whose run is looked for. */
export interface SoughtTask {
  readonly runtime: Runtime;
  readonly log: Log;
  readonly allocationID: string;
  readonly task: string;
}

/** Finds a run of an earlier agent; undefined when there is none, also none that is still being started. */
export async function recovered(
  driver: Driver<unknown> | undefined,
  allocationID: string,
  run: TaskRun,
  logs?: TaskLogEnds,
): Promise<RunningTask | undefined> {
  if (driver === undefined) throw new Error(`driver "${run.driver}" is unknown to this client`);
  return driver.recover(run.handle ?? handleOfStart(run.driver, allocationID, run.directory), logs);
}

/**
 * Asks until there is an answer: before it is certain what became of a run, nothing may be started in its place.
 * Undefined when `signal` fires first.
 */
export async function untilCertain<Answer>(
  { runtime, log, allocationID, task }: SoughtTask,
  signal: AbortSignal,
  ask: () => Promise<Answer>,
): Promise<Answer | undefined> {
  for (let wait = firstPause; !signal.aborted; wait = shorter(times(wait, 2), longestPause)) {
    try {
      return await ask();
    } catch (error) {
      log.error("cannot find out yet whether a task still runs", { allocationID, task, reason: String(error) });
    }
    await pause(runtime.clock, wait, signal);
  }
  return undefined;
}

/** The end of a run that was there, of which nothing is left. */
export function lostRun(at: Instant): AttendedEnd {
  const message = "unknown exit: nothing was left of the task when the agent was started again";
  return {
    kind: "exited",
    at,
    exit: { exitCode: 1, signal: 0, oomKilled: false, message },
    written: Promise.resolve(),
  };
}
