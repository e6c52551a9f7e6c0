import type { ClientStatus, TaskState } from "../../model/index.ts";

/** What an allocation comes to when its tasks are in these states: one failed task fails all, one running keeps all running. */
export function clientStatusOf(tasks: readonly TaskState[]): ClientStatus {
  if (tasks.some((task) => task.Failed)) return "failed";
  if (tasks.some((task) => task.State === "running")) return "running";
  if (tasks.some((task) => task.State === "pending")) return "pending";
  return tasks.length > 0 ? "complete" : "pending";
}
