import { highestFitScore, type Job, type TaskGroup } from "../../model/index.ts";
import type { Scorer } from "./scored.ts";

const name = "job-anti-affinity";

/** Takes `penalty` off for each allocation of the job that a node would run already: so that they spread. */
export function jobAntiAffinity(job: Job, penalty: number): Scorer {
  return {
    name,
    score({ proposed }) {
      const siblings = proposed.filter((one) => one.JobID === job.ID && one.Namespace === job.Namespace).length;
      return siblings === 0 ? undefined : -siblings * penalty;
    },
  };
}

/**
 * The milder form for groups with wishes: a node loses by the share of the group that would be on it, so that the
 * group stays together on few nodes if these are what it wishes for.
 */
export function groupAntiAffinity(job: Job, group: TaskGroup): Scorer {
  const isSibling = (one: { readonly JobID: string; readonly Namespace: string; readonly TaskGroup: string }) =>
    one.JobID === job.ID && one.Namespace === job.Namespace && one.TaskGroup === group.Name;
  return {
    name,
    score({ proposed }) {
      const siblings = proposed.filter(isSibling).length;
      return siblings === 0 ? undefined : -((siblings + 1) / group.Count) * highestFitScore;
    },
  };
}
