import { booleanFlag, type Flags } from "../../base/index.ts";
import { type AllocationListStub, type Evaluation, type Job, type JobSummary, nextLaunch } from "../../model/index.ts";
import { clientCommand, described, type Session, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { goQuote } from "../format/go-quote.ts";
import { heading } from "../format/palette.ts";
import { placementMetrics } from "../format/placement-metrics.ts";
import { shortID } from "../format/quantities.ts";
import { columns, keyValues } from "../format/table.ts";
import { timestamp, type ZoneAt } from "../format/times.ts";
import { evaluationTable, jobTable, matchJob } from "../matching.ts";
import { launchText } from "../periodic-launch.ts";

/** Of a failed evaluation, so many task groups are told of. */
const mostGroupsShown = 5;

/** `nomad status` */
export const command = clientCommand({
  usage: "[options] <job>",
  about: "Lists all jobs, or shows one: its groups, evaluations and allocations.",
  optionsTitle: "Status Options",
  completes: "anything",
  flags: {
    short: described(booleanFlag(), "Of a single job, show only its head."),
    evals: described(booleanFlag(), "Show the evaluations of the job."),
    verbose: verboseFlag,
  },
  run: async (session) => {
    const { nomad, environment, flags, args, say, misused } = session;
    const [id] = args;
    if (args.length > 1) return misused();
    if (id === undefined) {
      const { value } = await answered("Error querying jobs", nomad.jobs.list());
      const jobs = value ?? [];
      say(jobs.length === 0 ? "No running jobs" : jobTable([...jobs].sort((a, b) => (a.ID < b.ID ? -1 : 1))));
      return 0;
    }
    const stub = await matchJob(session, id, { failure: "Error querying job" });
    if (stub === undefined) return 0;
    const { value: job } = await answered("Error querying job", nomad.jobs.get(stub.ID));
    const periodic: [string, string][] =
      job.Periodic === null
        ? []
        : [["Next Periodic Launch", launchText(nextLaunch(job.Periodic, environment.now()), environment.now())]];
    say(
      keyValues([
        ["ID", job.ID],
        ["Name", job.Name],
        ["Type", job.Type],
        ["Priority", String(job.Priority)],
        ["Datacenters", (job.Datacenters ?? []).join(",")],
        ["Status", job.Status],
        ["Periodic", String(job.Periodic !== null)],
        ...periodic,
      ]),
    );
    if (flags.short) return 0;
    if (job.Periodic !== null) await showChildren(session, job);
    else await showInstances(session, job);
    return 0;
  },
});

type Asking = Pick<Session<Flags>, "nomad" | "say" | "palette" | "environment">;

async function showChildren({ nomad, say }: Asking, job: Job): Promise<void> {
  const { value } = await answered("Error querying job", nomad.jobs.list({ prefix: `${job.ID}/periodic-` }));
  const children = (value ?? []).filter(({ ParentID }) => ParentID === job.ID);
  if (children.length === 0) {
    say("\nNo instances of periodic job found");
    return;
  }
  const table = columns([["ID", "Status"], ...children.map(({ ID, Status }) => [ID, Status])]);
  say(`\nPreviously launched jobs:\n${table}`);
}

async function showInstances(
  { nomad, say, palette, environment, flags }: Asking & { readonly flags: { evals: boolean; verbose: boolean } },
  job: Job,
): Promise<void> {
  const [summary, evaluations, allocations] = await Promise.all([
    answered("Error querying job summary", nomad.jobs.summary(job.ID)),
    answered("Error querying job evaluations", nomad.jobs.evaluations(job.ID)),
    answered("Error querying job allocations", nomad.jobs.allocations(job.ID)),
  ]);
  say(`\n${heading(palette, "Summary")}\n${summaryTable(summary.value)}`);

  const evals = newestFirst(evaluations.value ?? []);
  if (flags.evals || flags.verbose) {
    say(`\n${heading(palette, "Evaluations")}\n${evaluationTable(evals, flags)}`);
  }
  const failed = evals.find(({ FailedTGAllocs }) => Object.keys(FailedTGAllocs ?? {}).length > 0);
  if (failed !== undefined && evals.some(({ Status }) => Status === "blocked")) {
    say(`\n${heading(palette, "Placement Failure")}\n${placementFailure(failed)}`);
  }
  const allocs = newestFirst(allocations.value ?? []);
  const table = allocs.length === 0 ? "No allocations placed" : allocationTable(allocs, { ...flags, ...environment });
  say(`\n${heading(palette, "Allocations")}\n${table}`);
}

function newestFirst<Row extends { readonly CreateIndex: number }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => b.CreateIndex - a.CreateIndex);
}

function summaryTable({ Summary }: JobSummary): string {
  const groups = Object.keys(Summary ?? {}).sort();
  return columns([
    ["Task Group", "Queued", "Starting", "Running", "Failed", "Complete", "Lost"],
    ...groups.map((group) => {
      const { Queued, Starting, Running, Failed, Complete, Lost } = Summary[group]!;
      return [group, ...[Queued, Starting, Running, Failed, Complete, Lost].map(String)];
    }),
  ]);
}

function placementFailure({ ID, FailedTGAllocs }: Evaluation): string {
  const groups = Object.keys(FailedTGAllocs).sort();
  const shown = groups
    .slice(0, mostGroupsShown)
    .map((group) => `Task Group ${goQuote(group)}:\n${placementMetrics(FailedTGAllocs[group]!, { indent: "  " })}`)
    .join("\n\n");
  if (groups.length <= mostGroupsShown) return shown;
  return `${shown}\n\nPlacement failures truncated. To see remainder run:\nnomad eval-status ${ID}`;
}

function allocationTable(
  allocations: readonly AllocationListStub[],
  { verbose, zoneAt }: { readonly verbose: boolean; readonly zoneAt: ZoneAt },
): string {
  const id = (whole: string): string => shortID(whole, { whole: verbose });
  return columns([
    ["ID", "Eval ID", "Node ID", "Task Group", "Desired", "Status", "Created At"],
    ...allocations.map((allocation) => [
      id(allocation.ID),
      id(allocation.EvalID),
      id(allocation.NodeID),
      allocation.TaskGroup,
      allocation.DesiredStatus,
      allocation.ClientStatus,
      timestamp(allocation.CreateTime, zoneAt),
    ]),
  ]);
}
