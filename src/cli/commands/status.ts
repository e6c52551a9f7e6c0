import { type Nomad, UnexpectedStatus } from "../../api/index.ts";
import { booleanFlag, type Flags } from "../../base/index.ts";
import { type Evaluation, type Job, type JobListStub, type JobSummary, nextLaunch } from "../../model/index.ts";
import { clientCommand, described, jsonFlag, type Session, templateFlag, verboseFlag } from "../command.ts";
import { answered, CommandFailed, isRefusal, NothingFound } from "../command-failed.ts";
import { jobShape, jobStubShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { goQuote } from "../format/go-quote.ts";
import { heading } from "../format/palette.ts";
import { newestFirst, placedAllocations } from "../format/placed-allocations.ts";
import { placementMetrics } from "../format/placement-metrics.ts";
import { list, pointer } from "../format/shape.ts";
import { columns, keyValues } from "../format/table.ts";
import { evaluationTable, jobTable, matchJob } from "../matching.ts";
import { launchText } from "../periodic-launch.ts";
import { showData } from "../show-data.ts";

/** Of a failed evaluation, so many task groups are told of. */
const mostGroupsShown = 5;

/** `nomad status` */
export const command = clientCommand({
  usage: "[options] <job>",
  about: `Lists all jobs, or shows one: its groups, evaluations and allocations. Called as
"nomad status" it also shows an allocation, an evaluation or a node, where no
job is called so.`,
  optionsTitle: "Status Options",
  completes: "anything",
  flags: {
    short: described(booleanFlag(), "Of a single job, show only its head."),
    evals: described(booleanFlag(), "Show the evaluations of the job."),
    "all-allocs": described(booleanFlag(), "Accepted and without effect: all allocations are always shown."),
    verbose: verboseFlag,
    json: jsonFlag,
    t: templateFlag,
  },
  run: async (session) => {
    const { nomad, environment, flags, args, say, fail, misused } = session;
    const [id] = args;
    if (args.length > 1) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail("Both -json and -t are not allowed");
    const { format } = choice;
    if (id === undefined) {
      const { value } = await answered("Error querying jobs", nomad.jobs.list());
      const jobs = value ?? [];
      if (format !== undefined) return showData(session, jobs, list(pointer(jobStubShape)), format);
      say(jobs.length === 0 ? "No running jobs" : jobTable([...jobs].sort((a, b) => (a.ID < b.ID ? -1 : 1))));
      return 0;
    }
    let stub: JobListStub | undefined;
    try {
      stub = await matchJob(session, id, { failure: "Error querying job" });
    } catch (error) {
      const other = error instanceof NothingFound && !session.modern ? await showOther(session, id) : undefined;
      if (other === undefined) throw error;
      return other;
    }
    if (stub === undefined) return 0;
    const { value: job } = await answered("Error querying job", nomad.jobs.get(stub.ID));
    if (format !== undefined) return showData(session, job, pointer(jobShape), format);
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

interface Given {
  readonly short: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
  readonly t: string;
}

/** What else an ID may be that of: by the name in answers of a search, the command that shows it. */
const others = {
  allocs: { noun: "allocation", name: "alloc-status", load: () => import("./alloc-status.ts") },
  evals: { noun: "evaluation", name: "eval-status", load: () => import("./eval-status.ts") },
  nodes: { noun: "node", name: "node-status", load: () => import("./node-status.ts") },
} as const;

/** Shows what is no job but is called so. Resolves to the exit code; undefined if nothing is. */
async function showOther(
  {
    nomad,
    environment,
    generalArgs,
    flags,
    say,
  }: Asking & Pick<Session<Flags>, "generalArgs"> & { readonly flags: Given },
  id: string,
): Promise<number | undefined> {
  if (!/^[0-9a-f-]{2,36}$/i.test(id)) return undefined;
  const { Matches } = await searched(nomad, id);
  const found = Object.entries(others).flatMap(([kind, how]) => (Matches[kind] ?? []).map((ID) => ({ ID, ...how })));
  const [first] = found;
  if (first === undefined) return undefined;
  if (found.some(({ noun }) => noun !== first.noun)) {
    const rows = found.map(({ ID, noun }) => [ID, noun]);
    say(`Prefix matched several things\n\n${columns([["ID", "Type"], ...rows])}`);
    return 0;
  }
  const { command: shown } = await first.load();
  const args = [
    ...generalArgs,
    ...(flags.short && first.noun !== "evaluation" ? ["-short"] : []),
    ...(flags.verbose ? ["-verbose"] : []),
    ...(flags.json ? ["-json"] : []),
    ...(flags.t === "" ? [] : [`-t=${flags.t}`]),
  ];
  return shown.run(environment, [...args, id], first.name);
}

/** Agents of 0.4.1 cannot search: with them it is as if nothing were found. */
async function searched(
  nomad: Nomad,
  id: string,
): Promise<{ readonly Matches: Readonly<Record<string, readonly string[]>> }> {
  try {
    return (await nomad.search(id)).value;
  } catch (error) {
    if (error instanceof UnexpectedStatus && error.status === 404) return { Matches: {} };
    throw isRefusal(error) ? new CommandFailed(`Error searching: ${error.message}`, { cause: error }) : error;
  }
}

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
  const table = placedAllocations(allocations.value ?? [], { ...flags, ...environment });
  say(`\n${heading(palette, "Allocations")}\n${table}`);
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
