import type { Job } from "../../model/index.ts";
import type { Scorer } from "./scored.ts";

/** Takes `penalty` off for each allocation of the job that a node would run already: so that they spread. */
export function jobAntiAffinity(job: Job, penalty: number): Scorer {
  return {
    name: "job-anti-affinity",
    score({ proposed }) {
      const siblings = proposed.filter((one) => one.JobID === job.ID && one.Namespace === job.Namespace).length;
      return siblings === 0 ? undefined : -siblings * penalty;
    },
  };
}
