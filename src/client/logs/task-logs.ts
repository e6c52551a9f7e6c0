import type { TaskLogEnds } from "../../drivers/index.ts";
import type { Disk } from "../../runtime/index.ts";
import { type LogLimits, type LogPlace, RotatedLog } from "./rotated-log.ts";

/** Where a task's programs write to. */
export type TaskLogs = readonly [stdout: RotatedLog, stderr: RotatedLog];

/** Opens both logs of a task; when one cannot be opened, neither stays open. */
export async function openTaskLogs(
  disk: Disk,
  place: Pick<LogPlace, "directory" | "task">,
  limits: LogLimits,
): Promise<TaskLogs> {
  const [stdout, stderr] = await RotatedLog.openAll(disk, place, ["stdout", "stderr"], limits);
  return [stdout as RotatedLog, stderr as RotatedLog];
}

/** The same logs, as drivers see them. */
export function logEnds([stdout, stderr]: TaskLogs): TaskLogEnds {
  return { stdout, stderr };
}
