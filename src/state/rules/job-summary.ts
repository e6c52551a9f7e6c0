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
  /** By the keys of jobs; undefined for a job of which nothing is counted. */
  readonly #jobs = new Map<string, JobCounts | undefined>();

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  count(after: Allocation, before: Allocation | undefined): void {
    if (before?.ClientStatus === after.ClientStatus) return;
    const counted = this.#groupOf(after);
    if (counted === undefined) return;
    const to = binOf(after);
    const from = before === undefined ? undefined : binOf(before);
    if (to !== undefined) counted[to] += 1;
    if (from !== undefined && !keepsCount.has(from)) counted[from] = Math.max(0, counted[from] - 1);
    if (before === undefined && to === "Starting") counted.Queued = Math.max(0, counted.Queued - 1);
  }

  write(): void {
    for (const counts of this.#jobs.values()) {
      if (counts !== undefined) putGroups(this.#transaction, counts.summary, counts.groups);
    }
  }

  /** The counts of an allocation's group, to be changed. */
  #groupOf({
    Namespace,
    JobID,
    Job: job,
    TaskGroup,
  }: Allocation): { -readonly [Count in keyof TaskGroupSummary]: number } | undefined {
    const counts = this.#countsOf(jobKey(Namespace, JobID));
    if (counts === undefined || counts.summary.CreateIndex !== job?.CreateIndex) return undefined;
    const known = counts.groups[TaskGroup];
    if (known !== undefined) return known;
    const before = counts.summary.Summary[TaskGroup];
    if (before === undefined) return undefined;
    const counted = { ...before };
    counts.groups[TaskGroup] = counted;
    return counted;
  }

  #countsOf(key: string): JobCounts | undefined {
    if (this.#jobs.has(key)) return this.#jobs.get(key);
    const summary = this.#transaction.jobSummaries.get(key);
    const isCounted = summary !== undefined && this.#transaction.jobs.get(key) !== undefined;
    const counts = isCounted ? { summary, groups: dictionary<TaskGroupSummary>() } : undefined;
    this.#jobs.set(key, counts);
    return counts;
  }
}

/** A summary, and those of its groups that have changed. */
interface JobCounts {
  readonly summary: JobSummary;
  readonly groups: Dictionary<TaskGroupSummary>;
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
