import { type Dictionary, dictionary, merged } from "../../base/index.ts";
import type { Allocation, Evaluation, Job, JobSummary, TaskGroupSummary } from "../../model/index.ts";
import { jobKey, type Transaction } from "../view.ts";

/** The bins that follow an allocation's client status. */
export type Bin = Exclude<keyof TaskGroupSummary, "Queued">;

const bins: ReadonlyMap<string, Bin> = new Map([
  ["pending", "Starting"],
  ["running", "Running"],
  ["complete", "Complete"],
  ["failed", "Failed"],
  ["lost", "Lost"],
  ["unknown", "Unknown"],
]);
/** What ended stays counted, also when its allocation is seen in another state later. */
const keepsCount: ReadonlySet<Bin | undefined> = new Set<Bin>(["Complete", "Failed"]);

/** A group of which there is nothing. */
export const emptyGroup: TaskGroupSummary = {
  Queued: 0,
  Complete: 0,
  Failed: 0,
  Running: 0,
  Starting: 0,
  Lost: 0,
  Unknown: 0,
};
const noChildren: JobSummary["Children"] = { Pending: 0, Running: 0, Dead: 0 };

/** Where an allocation is counted; undefined for a status that is not counted. */
export function binOf(allocation: Pick<Allocation, "ClientStatus">): Bin | undefined {
  return bins.get(allocation.ClientStatus);
}

/** Makes the summary of a job, or adds the groups it gained. Groups that the job lost stay: their past is counted. */
export function summarizeJob(write: Transaction, job: Job): void {
  const known = write.jobSummaries.get(jobKey(job.Namespace, job.ID));
  const gained: Dictionary<TaskGroupSummary> = dictionary();
  for (const { Name } of job.TaskGroups) if (known?.Summary[Name] === undefined) gained[Name] = emptyGroup;
  if (known !== undefined) putGroups(write, known, gained);
  else write.put("jobSummaries", newSummary(write, job, gained));
}

function newSummary(write: Transaction, job: Job, groups: Dictionary<TaskGroupSummary>): JobSummary {
  return {
    JobID: job.ID,
    Namespace: job.Namespace,
    Summary: groups,
    Children: noChildren,
    CreateIndex: write.index,
    ModifyIndex: write.index,
  };
}

/** Takes the queued counts that an evaluation found. A group that the summary does not know is passed over. */
export function countQueued(write: Transaction, { Namespace, JobID, QueuedAllocations }: Evaluation): void {
  const names = Object.keys(QueuedAllocations);
  if (names.length === 0) return;
  const summary = write.jobSummaries.get(jobKey(Namespace, JobID));
  if (summary === undefined) return;
  const changed: Dictionary<TaskGroupSummary> = dictionary();
  for (const name of names) {
    const Queued = QueuedAllocations[name] as number;
    const group = summary.Summary[name];
    if (group !== undefined && group.Queued !== Queued) changed[name] = { ...group, Queued };
  }
  putGroups(write, summary, changed);
}

/**
 * Counts allocations that are new, or that went from one client status to another. Passed over are allocations of a job
 * that is gone or was registered anew since, and groups that the summary does not know.
 *
 * Each summary is written once, by `write`: it holds all groups of its job, which may be thousands, and one entry of the
 * log may concern thousands of allocations.
 */
export class AllocationCounts {
  readonly #transaction: Transaction;
  readonly #changed = new Map<
    string,
    { readonly summary: JobSummary; readonly groups: Dictionary<TaskGroupSummary> }
  >();

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  count(after: Allocation, before: Allocation | undefined): void {
    if (before?.ClientStatus === after.ClientStatus) return;
    const { summary, groups } = this.#of(after) ?? {};
    const group = groups?.[after.TaskGroup] ?? summary?.Summary[after.TaskGroup];
    if (groups === undefined || group === undefined) return;
    const counted = { ...group };
    const to = binOf(after);
    const from = before === undefined ? undefined : binOf(before);
    if (to !== undefined) counted[to] += 1;
    if (from !== undefined && !keepsCount.has(from)) counted[from] = Math.max(0, counted[from] - 1);
    if (before === undefined && to === "Starting") counted.Queued = Math.max(0, counted.Queued - 1);
    groups[after.TaskGroup] = counted;
  }

  write(): void {
    for (const { summary, groups } of this.#changed.values()) putGroups(this.#transaction, summary, groups);
  }

  #of({ Namespace, JobID, Job: job }: Allocation) {
    const key = jobKey(Namespace, JobID);
    const write = this.#transaction;
    const known = this.#changed.get(key);
    const summary = known?.summary ?? write.jobSummaries.get(key);
    if (summary === undefined || write.jobs.get(key) === undefined) return undefined;
    if (summary.CreateIndex !== job?.CreateIndex) return undefined;
    const counts = known ?? { summary, groups: dictionary<TaskGroupSummary>() };
    this.#changed.set(key, counts);
    return counts;
  }
}

/** Puts the groups that changed into a summary; without any, nothing is written. */
export function putGroups(
  write: Transaction,
  summary: JobSummary,
  changed: Readonly<Dictionary<TaskGroupSummary>>,
): void {
  if (Object.keys(changed).length === 0) return;
  write.put("jobSummaries", { ...summary, Summary: merged(summary.Summary, changed), ModifyIndex: write.index });
}
