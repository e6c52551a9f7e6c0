import { highestFitScore, type TaskGroup } from "../../model/index.ts";
import type { Scorer } from "./scorer.ts";

const name = "job-anti-affinity";

/** Takes `penalty` off for each allocation of the job that a node would run already: so that they spread. */
export function jobAntiAffinity(penalty: number): Scorer {
  return {
    name,
    score({ proposed }) {
      const siblings = proposed.siblings();
      return siblings === 0 ? undefined : -siblings * penalty;
    },
  };
}

/**
 * The milder form for groups with wishes: a node loses by the share of the group that would be on it, so that the
 * group stays together on few nodes if these are what it wishes for.
 */
export function groupAntiAffinity(group: TaskGroup): Scorer {
  return {
    name,
    score({ proposed }) {
      const siblings = proposed.siblings(group.Name);
      return siblings === 0 ? undefined : -((siblings + 1) / group.Count) * highestFitScore;
    },
  };
}
