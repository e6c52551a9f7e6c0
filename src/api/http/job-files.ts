import type { Job } from "../../model/index.ts";
import { localRoute } from "./route.ts";

/** What `/v1/validate/job` says of a job. */
export interface JobValidation {
  readonly DriverConfigValidated: boolean;
  /** Each thing that is wrong. */
  readonly ValidationErrors: readonly string[];
  /** All of it as one text; empty if nothing is wrong. */
  readonly Error: string;
  readonly Warnings: string;
}

/** The body is `{"JobHCL": "…", "Variables": "…", "Canonicalize": true}`: a job file in text, and a file of values for its variables. */
export const parseJobFile = localRoute<Job>()({ verbs: ["PUT", "POST"], path: "/v1/jobs/parse" });

/** The body is `{"Job": {…}}`, as for a registration. Also what is wrong is told with status 200. */
export const validateJob = localRoute<JobValidation>()({ verbs: ["PUT", "POST"], path: "/v1/validate/job" });
