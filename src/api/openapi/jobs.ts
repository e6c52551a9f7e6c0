import type * as z from "zod";
import {
  allocationListStub,
  evaluation,
  explanation,
  job,
  jobDiff,
  jobListStub,
  jobSummary,
  placementFailure,
  planAnnotations,
} from "../../model/index.ts";
import { flag, listOf, mapOf, optional, struct, text, whole } from "../../wire/index.ts";
import type * as explainRoutes from "../http/explain.ts";
import type * as jobFileRoutes from "../http/job-files.ts";
import type { JobValidation } from "../http/job-files.ts";
import type * as jobRoutes from "../http/jobs.ts";
import { boolean, type Descriptions } from "./description.ts";

const jobChanged = {
  EvalID: text,
  EvalCreateIndex: whole,
  JobModifyIndex: whole,
  Warnings: text,
  Index: whole,
  KnownLeader: flag,
  LastContact: whole,
};
export const jobChange = struct(jobChanged);

export const jobPlan = struct({
  Annotations: optional(planAnnotations),
  FailedTGAllocs: mapOf(placementFailure),
  JobModifyIndex: whole,
  CreatedEvals: listOf(evaluation),
  Diff: optional(jobDiff),
  NextPeriodicLaunch: text,
  Warnings: text,
  Index: whole,
});

export const jobs: Descriptions<typeof jobRoutes> = {
  listJobs: { summary: "List jobs", takesPrefix: true, answers: listOf(jobListStub) },
  registerJob: {
    summary: "Register a job",
    details:
      "A job of the same ID is replaced. With `EnforceIndex` only if it is still at `JobModifyIndex`; 0 means that there must be none. " +
      "A job that is not valid is refused with 500 and all that is wrong with it.",
    answers: jobChange,
  },
  updateJob: {
    summary: "Register a job under its ID",
    details: "As to register it; the ID in the path and that of the job must be the same.",
    answers: jobChange,
  },
  getJob: { summary: "Read a job", answers: job },
  deregisterJob: {
    summary: "Stop a job",
    details: "A job that is not known is stopped all the same: it makes an evaluation.",
    query: {
      purge: {
        says: "`false` keeps the record of the job, dead, until it is collected. Without this parameter it goes at once.",
        form: boolean,
      },
    },
    answers: jobChange,
  },
  getJobAllocations: {
    summary: "List the allocations of a job",
    details: "Of a job that is not known there are none.",
    answers: listOf(allocationListStub),
  },
  getJobEvaluations: { summary: "List the evaluations of a job", answers: listOf(evaluation) },
  getJobSummary: {
    summary: "Count the allocations of a job",
    details: "By group: how many are in which state. Of a periodic job, how many children.",
    answers: jobSummary,
  },
  evaluateJob: {
    summary: "Look at a job again",
    details: "Makes an evaluation. 500 for a periodic job.",
    answers: jobChange,
  },
  planJob: {
    summary: "Tell what to register a job would do",
    details: "Nothing is changed. With `Diff` also what would be different from the job that is registered.",
    answers: jobPlan,
  },
  forcePeriodic: {
    summary: "Launch a child of a periodic job now",
    answers: struct({ EvalID: text, EvalCreateIndex: whole, Index: whole }),
  },
};

export const explain: Descriptions<typeof explainRoutes> = {
  explainJob: {
    summary: "Explain why something of a job does not run",
    details:
      "In sentences (`Text`) and in what they are made of, and which single changes would help. Each of them is tried by the " +
      "scheduler before it is told, which may take seconds.",
    answers: explanation,
  },
  explainEvaluation: {
    summary: "Explain an evaluation",
    details: "As to explain its job; and in `Earlier`, who refused when the evaluation was looked at.",
    answers: explanation,
  },
};

/** What `/v1/jobs/parse` reads. */
export const jobFileText = struct({ JobHCL: text, Variables: text, Canonicalize: flag, HCLv1: flag });

const validation: z.ZodType<JobValidation> = struct({
  DriverConfigValidated: flag,
  ValidationErrors: listOf(text),
  Error: text,
  Warnings: text,
});

export const jobFiles: Descriptions<typeof jobFileRoutes> = {
  parseJobFile: {
    summary: "Make a job of a job file",
    details:
      "`JobHCL` is the text of a job file, `Variables` that of a file of values for its variables. `Canonicalize` fills in what " +
      "follows from other fields, `HCLv1` reads it as HCL 1 alone. What is wrong is told with its places, and status 400. No files are read; each of " +
      "the texts has 131,072 characters at most, and evaluating takes 50,000 steps.",
    body: jobFileText,
    answers: job,
  },
  validateJob: {
    summary: "Check a job without registering it",
    details: "`ValidationErrors` are told one by one, and all of them as `Error`; the status is 200 also then.",
    body: struct({ Job: optional(job) }),
    answers: validation,
  },
};
