import type { JobSummary } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";
import { jobKey } from "../view.ts";

/** How many allocations of each job are in which state, by the job's key. */
export const jobSummaries: TableDeclaration<JobSummary> = {
  key: (summary) => jobKey(summary.Namespace, summary.JobID),
  indexes: {},
};
