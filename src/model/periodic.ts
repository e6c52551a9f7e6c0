import { CronLine } from "./cron.ts";
import { CronProblem } from "./cron-fields.ts";
import type { PeriodicConfig } from "./job.ts";
import { localTimeIn, timeZoneProblem } from "./local-time.ts";

const longestSpec = 1024;

/**
 * When a periodic job launches next after `after`; undefined if never.
 * Both instants in nanoseconds since the epoch; launches fall on whole seconds.
 */
export function nextLaunch(periodic: PeriodicConfig, after: number): number | undefined {
  if (!periodic.Enabled || cronProblem(periodic.Spec) !== undefined) return undefined;
  if (timeZoneProblem(periodic.TimeZone) !== undefined) return undefined;
  const next = nextIn(localTimeIn(periodic.TimeZone), new CronLine(periodic.Spec), Math.floor(after / 1e9));
  return next === undefined ? undefined : next * 1e9;
}

/** Why `spec` is no cron line, in the words of the original's library; undefined if it is one. */
export function cronProblem(spec: string): string | undefined {
  if (spec.length > longestSpec) return `longer than ${longestSpec} characters`;
  try {
    new CronLine(spec);
    return undefined;
  } catch (error) {
    if (error instanceof CronProblem) return error.message;
    throw error;
  }
}

/** Name of the child that a periodic job launches at `launch` (nanoseconds since the epoch). */
export function childID(parentID: string, launch: number): string {
  return `${parentID}/periodic-${Math.floor(launch / 1e9)}`;
}

/**
 * As long after `after` as the line has it by the local clock. Where the clock is set meanwhile it is the first moment from
 * there on that the line means: what falls into an hour that is left out is not launched that day, and of an hour that
 * comes twice every quarter is, while a single time is once. Source: Nomad 1.x.
 */
function nextIn(localTime: (moment: number) => number, line: CronLine, after: number): number | undefined {
  const shown = localTime(after);
  const next = line.after(shown);
  if (next === undefined) return undefined;
  const moment = after + next - shown;
  return line.means(localTime(moment)) ? moment : nextIn(localTime, line, moment);
}
