import type { Nomad } from "../api/index.ts";
import type { AllocationListStub, Evaluation, JobListStub, NodeListStub } from "../model/index.ts";
import { answered, CommandFailed, NothingFound } from "./command-failed.ts";
import { goQuote } from "./format/go-quote.ts";
import { shortID } from "./format/quantities.ts";
import { columns } from "./format/table.ts";

/** What finding something by the beginning of its ID needs of a command. */
export interface Finder {
  readonly nomad: Nomad;
  say(text: string): void;
}

/**
 * The one allocation whose ID begins with `id`. Undefined when there are several: they have been listed, which is no
 * error. Throws `CommandFailed` when there is none.
 */
export async function matchAllocation(
  { nomad, say }: Finder,
  id: string,
  { verbose, tooShort = "Identifier must contain at least two characters." }: { verbose: boolean; tooShort?: string },
): Promise<AllocationListStub | undefined> {
  const prefix = evenPrefix(id, tooShort);
  const { value } = await answered("Error querying allocation", nomad.allocations.list({ prefix }));
  return only(value, {
    none: `No allocation(s) with prefix or id ${goQuote(prefix)} found`,
    several: (found) => say(`Prefix matched multiple allocations\n\n${allocationTable(found, { verbose })}`),
  });
}

/** As `matchAllocation`, for an evaluation. */
export async function matchEvaluation(
  { nomad, say }: Finder,
  id: string,
  { verbose }: { readonly verbose: boolean },
): Promise<Evaluation | undefined> {
  const prefix = evenPrefix(id);
  const { value } = await answered("Error querying evaluation", nomad.evaluations.list({ prefix }));
  return only(value, {
    none: `No evaluation(s) with prefix or id ${goQuote(prefix)} found`,
    several: (found) => say(`Prefix matched multiple evaluations\n\n${evaluationTable(found, { verbose })}`),
  });
}

/** As `matchAllocation`, for a node. */
export async function matchNode(
  { nomad }: Finder,
  id: string,
  how: {
    readonly failure: string;
    readonly none: (prefix: string) => string;
    readonly several: (found: readonly NodeListStub[]) => void;
  },
): Promise<NodeListStub | undefined> {
  const prefix = evenPrefix(id);
  const { value } = await answered(how.failure, nomad.nodes.list({ prefix }));
  return only(value, { none: how.none(prefix), several: how.several });
}

/** As `matchAllocation`, for a job; of several the one whose ID is `id` itself is meant. */
export async function matchJob(
  { nomad, say }: Finder,
  id: string,
  { failure }: { readonly failure: string },
): Promise<JobListStub | undefined> {
  const { value } = await answered(failure, nomad.jobs.list({ prefix: id }));
  const exact = (value ?? []).filter((job) => job.ID === id.trim());
  return only(exact.length > 0 ? exact : value, {
    none: `No job(s) with prefix or id ${goQuote(id)} found`,
    several: (found) => say(`Prefix matched multiple jobs\n\n${jobTable(found)}`),
  });
}

function only<Stub>(
  found: readonly Stub[] | null,
  { none, several }: { readonly none: string; readonly several: (found: readonly Stub[]) => void },
): Stub | undefined {
  const [first, second] = found ?? [];
  if (first === undefined) throw new NothingFound(none);
  if (second === undefined) return first;
  several(found!);
  return undefined;
}

/** Servers look IDs up by whole bytes, that is by an even number of digits. */
function evenPrefix(id: string, tooShort = "Identifier must contain at least two characters."): string {
  if (id.length === 1) throw new CommandFailed(tooShort);
  return id.length % 2 === 1 ? id.slice(0, -1) : id;
}

export function allocationTable(
  found: readonly Pick<
    AllocationListStub,
    "ID" | "EvalID" | "JobID" | "TaskGroup" | "DesiredStatus" | "ClientStatus"
  >[],
  { verbose }: { readonly verbose: boolean },
): string {
  const id = (whole: string): string => shortID(whole, { whole: verbose });
  return columns([
    ["ID", "Eval ID", "Job ID", "Task Group", "Desired Status", "Client Status"],
    ...found.map((each) => [
      id(each.ID),
      id(each.EvalID),
      each.JobID,
      each.TaskGroup,
      each.DesiredStatus,
      each.ClientStatus,
    ]),
  ]);
}

export function evaluationTable(found: readonly Evaluation[], { verbose }: { readonly verbose: boolean }): string {
  return columns([
    ["ID", "Priority", "Triggered By", "Status", "Placement Failures"],
    ...found.map((each) => [
      shortID(each.ID, { whole: verbose }),
      String(each.Priority),
      each.TriggeredBy,
      each.Status,
      placementFailures(each),
    ]),
  ]);
}

/** Whether an evaluation failed to place something, as far as it can be known yet. */
export function placementFailures(evaluation: Evaluation): string {
  if (evaluation.Status === "blocked") return "N/A - In Progress";
  return String(Object.keys(evaluation.FailedTGAllocs ?? {}).length > 0);
}

export function jobTable(found: readonly JobListStub[]): string {
  return columns([
    ["ID", "Type", "Priority", "Status"],
    ...found.map((job) => [job.ID, job.Type, String(job.Priority), job.Status]),
  ]);
}

/** `running` are the counts of running allocations, where they are to be shown. */
export function nodeTable(
  nodes: readonly NodeListStub[],
  { verbose, running }: { readonly verbose: boolean; readonly running?: readonly number[] },
): string {
  const header = ["ID", "DC", "Name", "Class", "Drain", "Status"];
  const rows = nodes.map(({ ID, Datacenter, Name, NodeClass, Drain, Status }) => [
    shortID(ID, { whole: verbose }),
    Datacenter,
    Name,
    NodeClass,
    String(Drain),
    Status,
  ]);
  if (running === undefined) return columns([header, ...rows]);
  return columns([[...header, "Running Allocs"], ...rows.map((row, at) => [...row, String(running[at])])]);
}
