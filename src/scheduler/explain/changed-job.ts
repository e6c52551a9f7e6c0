import type { Job, Task, TaskGroup } from "../../model/index.ts";

/** The job with one of its groups, or something in it, in another form. */
export function withGroup(job: Job, group: TaskGroup, change: (group: TaskGroup) => TaskGroup): Job {
  return { ...job, TaskGroups: job.TaskGroups.map((one) => (one.Name === group.Name ? change(one) : one)) };
}

export function withTask(job: Job, group: TaskGroup, task: Task, change: (task: Task) => Task): Job {
  return withGroup(job, group, (found) => ({
    ...found,
    Tasks: found.Tasks.map((one) => (one.Name === task.Name ? change(one) : one)),
  }));
}
