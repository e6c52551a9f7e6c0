import { type Dictionary, deepEqual, dictionary } from "../../base/index.ts";
import type { Job, TaskGroupSummary } from "../../model/index.ts";
import { command, done } from "../command.ts";
import { binOf, emptyGroup, putGroups, summarizeJob } from "../rules/job-summary.ts";
import { jobKey, type Transaction } from "../view.ts";

/** Asks for nothing: the state knows all that there is to count. */
export type SummariesReconcileRequest = Readonly<Record<string, never>>;

/**
 * Counts the allocations of every job anew. What is queued is left as evaluations found it: only a scheduler knows.
 */
export const summariesReconcile = command<SummariesReconcileRequest>({
  number: 10,
  name: "summaries reconcile",
  apply(write) {
    for (const job of write.jobs.all()) reconcile(write, job);
    return done;
  },
});

function reconcile(write: Transaction, job: Job): void {
  const key = jobKey(job.Namespace, job.ID);
  summarizeJob(write, job);
  const summary = write.jobSummaries.get(key);
  if (summary === undefined) return;
  const counted: Dictionary<TaskGroupSummary> = dictionary();
  for (const [name, { Queued }] of Object.entries(summary.Summary)) counted[name] = { ...emptyGroup, Queued };
  for (const allocation of write.allocations.by("job", key)) {
    const bin = binOf(allocation);
    const group = counted[allocation.TaskGroup];
    if (allocation.Job?.CreateIndex !== job.CreateIndex || bin === undefined || group === undefined) continue;
    counted[allocation.TaskGroup] = { ...group, [bin]: group[bin] + 1 };
  }
  putGroups(
    write,
    summary,
    dictionary(Object.entries(counted).filter(([name, group]) => !deepEqual(group, summary.Summary[name]))),
  );
}
