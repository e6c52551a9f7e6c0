import { highestFitScore, type Job, type TaskGroup } from "../../model/index.ts";
import { ofJob } from "../of-job.ts";
import type { Scorer } from "./scored.ts";

const name = "job-anti-affinity";

/** Takes `penalty` off for each allocation of the job that a node would run already: so that they spread. */
export function jobAntiAffinity(job: Job, penalty: number): Scorer {
  const isSibling = ofJob(job);
  return {
    name,
    score({ proposed }) {
      const siblings = proposed.filter(isSibling).length;
      return siblings === 0 ? undefined : -siblings * penalty;
    },
  };
}

/**
 * The milder form for groups with wishes: a node loses by the share of the group that would be on it, so that the
 * group stays together on few nodes if these are what it wishes for.
 */
export function groupAntiAffinity(job: Job, group: TaskGroup): Scorer {
  const isOfJob = ofJob(job);
  return {
    name,
    score({ proposed }) {
      const siblings = proposed.filter((one) => one.TaskGroup === group.Name && isOfJob(one)).length;
      return siblings === 0 ? undefined : -((siblings + 1) / group.Count) * highestFitScore;
    },
  };
}
