import type { Job } from "../../model/index.ts";
import { jobKey, type Transaction } from "../view.ts";
import { countChild } from "./child-counts.ts";

/** Removes a job and what is kept by job. Its parent counts it among the dead for ever. */
export function purgeJob(write: Transaction, job: Job): void {
  const key = jobKey(job.Namespace, job.ID);
  countChild(write, job, { from: job.Status, to: "dead" });
  write.delete("jobs", key);
  write.delete("jobSummaries", key);
  write.delete("periodicLaunches", key);
}
