import { booleanFlag, formatGoDuration, nanoseconds } from "../../base/index.ts";
import type { AllocMetric, Evaluation, Job, PlanAnnotations } from "../../model/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered } from "../command-failed.ts";
import { jobDiffText } from "../format/job-diff.ts";
import { heading, type Palette, warningsText } from "../format/palette.ts";
import { failedGroup, placementMetrics } from "../format/placement-metrics.ts";
import { preemptionsText } from "../format/preemptions.ts";
import { nanosecondsOf } from "../format/times.ts";
import { readJobFile } from "../job-file.ts";
import { jobFileFlags } from "../job-file-flags.ts";
import { launchText } from "../periodic-launch.ts";

const nothingWouldChange = 0;
const allocationsWouldChange = 1;
const failureCode = 255;

/** `nomad plan` */
export const command = clientCommand({
  usage: "[options] <file>",
  about: `Asks the servers what registering a job would do, without doing it: how the job
differs from the one they have, and what the scheduler would start and stop.

The file is a path, an http or https URL, or "-" for standard input.

The job modify index that is printed can be given to "nomad run -check-index":
then the job is only registered if nobody has changed it since.

The exit code tells what would happen:
  * 0: no allocation would be created or destroyed
  * 1: some would
  * 255: it could not be found out

A job that names its region goes there, whatever -region and NOMAD_REGION say.`,
  optionsTitle: "Plan Options",
  completes: "files",
  flags: {
    diff: described(booleanFlag(true), "Show how the job differs. On unless -diff=false is given."),
    verbose: described(booleanFlag(), "Show all of what is new or gone."),
    ...jobFileFlags,
  },
  failureCode,
  run: async ({ environment, inRegion, flags, args, palette, say, misused }) => {
    const [source] = args;
    if (source === undefined || args.length !== 1) return misused();
    const job = await readJobFile(environment, source, flags);
    const planning = inRegion(job.Region).jobs.plan(job, { diff: flags.diff });
    const { value: answer } = await answered("Error during plan", planning);

    if (answer.Diff !== null && answer.Diff !== undefined) {
      say(`${jobDiffText(answer.Diff, { palette, verbose: flags.verbose })}\n`);
    }
    say(heading(palette, "Scheduler dry-run:"));
    const launch = nanosecondsOf(answer.NextPeriodicLaunch);
    const outcome = dryRun(job, {
      failed: answer.FailedTGAllocs ?? {},
      created: answer.CreatedEvals ?? [],
      launch: launch === undefined ? undefined : launchText(launch, environment.now()),
      palette,
    });
    say(`${outcome}\n`);
    if (answer.Warnings) say(`${warningsText(palette, answer.Warnings)}\n`);
    const preempted = answer.Annotations?.PreemptedAllocs ?? [];
    if (preempted.length > 0) say(`${preemptionsText(preempted, palette)}\n`);
    say(versionHint(answer.JobModifyIndex, source, palette));
    return isChange(answer.Annotations) ? allocationsWouldChange : nothingWouldChange;
  },
});

function dryRun(
  job: Job,
  found: {
    readonly failed: Readonly<Record<string, AllocMetric>>;
    readonly created: readonly Evaluation[];
    readonly launch: string | undefined;
    readonly palette: Palette;
  },
): string {
  const { bold, green, yellow, reset } = found.palette;
  const groups = Object.keys(found.failed).sort();
  const failures = groups.map((group) => {
    const metric = found.failed[group]!;
    const reasons = placementMetrics(metric, { indent: "    " });
    return `  ${yellow}${failedGroup(group, metric)}\n${reset}${yellow}${reasons}${reset}`;
  });
  const warning =
    job.Type === "system" ? "Failed to place allocations on all nodes." : "Failed to place all allocations.";
  const rolling = found.created.find(({ TriggeredBy }) => TriggeredBy === "rolling-update");
  const parts = [
    groups.length === 0
      ? `${bold}${green}- All tasks successfully allocated.${reset}`
      : [`${bold}${yellow}- WARNING: ${warning}${reset}`, failures.join("\n\n")].join("\n"),
    ...(rolling === undefined
      ? []
      : [`${green}- Rolling update, next evaluation will be in ${formatGoDuration(nanoseconds(rolling.Wait))}.`]),
    ...(found.launch === undefined
      ? []
      : [`${green}- If submitted now, next periodic launch would be at ${found.launch}.`]),
  ];
  return `${parts.join("\n")}${reset}`;
}

/** The words are what scripts know, faults and all. */
function versionHint(index: number, source: string, { bold, reset }: Palette): string {
  return `${reset}${bold}Job Modify Index: ${index}${reset}
To submit the job with version verification run:

nomad run -check-index ${index} ${source}

When running the job with the check-index flag, the job will only be run if the
server side version matches the the job modify index returned. If the index has
changed, another user has modified the job and the plan's results are
potentially invalid.${reset}`;
}

function isChange(annotations: PlanAnnotations | null): boolean {
  return Object.values(annotations?.DesiredTGUpdates ?? {}).some(
    ({ Stop, Place, Migrate, DestructiveUpdate }) => Stop + Place + Migrate + DestructiveUpdate > 0,
  );
}
