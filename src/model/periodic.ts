import { Cron } from "croner";
import type { PeriodicConfig } from "./job.ts";

const longestSpec = 1024;
const aliases = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"]);

/**
 * When a periodic job launches next after `after`; undefined if never.
 * Both instants in nanoseconds since the epoch; launches fall on whole seconds.
 */
export function nextLaunch(periodic: PeriodicConfig, after: number): number | undefined {
  if (!periodic.Enabled || cronProblem(periodic.Spec) !== undefined) return undefined;
  if (timeZoneProblem(periodic.TimeZone) !== undefined) return undefined;
  const next = cron(periodic.Spec, periodic.TimeZone).nextRun(new Date(Math.floor(after / 1e6)));
  return next === null ? undefined : next.getTime() * 1e6;
}

/** Why `spec` is no cron line, in the words of the original's library where it has them; undefined if it is one. */
export function cronProblem(spec: string): string | undefined {
  if (spec.length > longestSpec) return `longer than ${longestSpec} characters`;
  const fields = spec.trim().split(/\s+/).length;
  if (!spec.trim().startsWith("@") && fields < 5) return "missing field(s)";
  if (!spec.trim().startsWith("@") && fields > 7) return "too many fields";
  if (spec.trim().startsWith("@") && !aliases.has(spec.trim())) return `unknown alias ${spec.trim()}`;
  try {
    cron(spec, "");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
  }
}

/** Why times cannot be read in `timeZone`, in Go's words; undefined if they can. Empty means UTC. */
export function timeZoneProblem(timeZone: string): string | undefined {
  if (timeZone === "") return undefined;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return undefined;
  } catch {
    return `unknown time zone ${timeZone.slice(0, longestSpec)}`;
  }
}

/** Name of the child that a periodic job launches at `launch` (nanoseconds since the epoch). */
export function childID(parentID: string, launch: number): string {
  return `${parentID}/periodic-${Math.floor(launch / 1e9)}`;
}

/**
 * Five fields are minute to weekday, six add a year (not seconds), seven begin with seconds.
 * Source: the cron library of Nomad 0.4.1.
 */
function cron(spec: string, timeZone: string): Cron {
  const fields = spec.trim().split(/\s+/);
  const pattern = fields.length === 6 ? `0 ${fields.join(" ")}` : fields.join(" ");
  return new Cron(pattern, { timezone: timeZone === "" ? "UTC" : timeZone });
}
