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
  const stdout = await RotatedLog.open(disk, { ...place, type: "stdout" }, limits);
  try {
    return [stdout, await RotatedLog.open(disk, { ...place, type: "stderr" }, limits)];
  } catch (error) {
    await stdout.close();
    throw error;
  }
}

/** The same logs, as drivers see them. */
export function logEnds([stdout, stderr]: TaskLogs): TaskLogEnds {
  return { stdout, stderr };
}
