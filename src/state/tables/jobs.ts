import type { Job } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";
import { jobKey } from "../view.ts";

/** What users want to run, by namespace and id. */
export const jobs: TableDeclaration<Job> = { key: (job) => jobKey(job.Namespace, job.ID), indexes: {} };
