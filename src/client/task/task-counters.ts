import type { Allocation } from "../../model/index.ts";
import type { Labels, MetricName } from "../../runtime/index.ts";
import type { TaskRecord } from "../state/task-record.ts";

const counters = {
  running: ["client", "allocs", "running"],
  complete: ["client", "allocs", "complete"],
  failed: ["client", "allocs", "failed"],
  restart: ["client", "allocs", "restart"],
} satisfies Record<string, MetricName>;

/** What is counted of a task when its record changes: each start that came about, each restart, and how it ended for good. */
export function* countedOf(before: TaskRecord, after: TaskRecord): Iterable<MetricName> {
  if (after.state.State === "running" && before.state.State !== "running") yield counters.running;
  if (after.state.Restarts > before.state.Restarts) yield counters.restart;
  if (after.isOver && !before.isOver) yield after.state.Failed ? counters.failed : counters.complete;
}

/** Of a task that took more memory than it was granted. */
export const outOfMemory: MetricName = ["client", "allocs", "oom_killed"];

/** By which its counters are told from those of others. */
export function taskLabels({ JobID, TaskGroup, ID, Namespace }: Allocation, task: string): Labels {
  return { job: JobID, task_group: TaskGroup, alloc_id: ID, task, namespace: Namespace };
}
