import type { Job } from "../../model/index.ts";
import { command, done } from "../command.ts";
import { purgeJob } from "../rules/purge-job.ts";
import { jobKey } from "../view.ts";

/** Jobs that were found to be done with. */
export interface JobsForgetRequest {
  readonly Jobs: readonly Pick<Job, "Namespace" | "ID">[];
}

/** Forgets jobs without a look at them by a scheduler. A job that was registered again meanwhile is left alone. */
export const jobsForget = command<JobsForgetRequest>({
  number: 12,
  name: "jobs forget",
  apply(write, { Jobs }) {
    for (const { Namespace, ID } of Jobs) {
      const job = write.jobs.get(jobKey(Namespace, ID));
      if (job?.Status === "dead") purgeJob(write, job);
    }
    return done;
  },
});
