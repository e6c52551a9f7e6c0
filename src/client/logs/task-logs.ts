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
  const opening = (type: "stdout" | "stderr") => RotatedLog.open(disk, { ...place, type }, limits);
  const [stdout, stderr] = await Promise.allSettled([opening("stdout"), opening("stderr")]);
  if (stdout.status === "fulfilled" && stderr.status === "fulfilled") return [stdout.value, stderr.value];
  for (const opened of [stdout, stderr]) if (opened.status === "fulfilled") await opened.value.close();
  throw (stdout.status === "rejected" ? stdout : (stderr as PromiseRejectedResult)).reason;
}

/** The same logs, as drivers see them. */
export function logEnds([stdout, stderr]: TaskLogs): TaskLogEnds {
  return { stdout, stderr };
}
