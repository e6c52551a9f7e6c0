import type { Evaluation, Job, TaskGroup } from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";

/** The job an evaluation is about, unless it is stopped or gone: then nothing of it is to run. */
export function wantedJob(view: StateView, evaluation: Evaluation): Job | undefined {
  const job = view.jobs.get(jobKey(evaluation.Namespace, evaluation.JobID));
  return job === undefined || job.Stop ? undefined : job;
}

/** The names of all allocations a job wants, with their groups. Names are made of the job's name, not its id. */
export function wantedNames(job: Job | undefined): ReadonlyMap<string, TaskGroup> {
  const names = new Map<string, TaskGroup>();
  for (const group of job?.TaskGroups ?? []) {
    for (let at = 0; at < group.Count; at++) names.set(`${job?.Name}.${group.Name}[${at}]`, group);
  }
  return names;
}
