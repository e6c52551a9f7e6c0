import {
  allocationListStub,
  evaluation,
  job,
  jobDiff,
  jobListStub,
  jobSummary,
  placementFailure,
  planAnnotations,
} from "../../model/index.ts";
import { flag, listOf, mapOf, optional, struct, text, timestamp, whole } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

const jobChanged = struct({ EvalID: text, EvalCreateIndex: whole, JobModifyIndex: whole, Warnings: text });

/** With `EnforceIndex` the job must still be at `JobModifyIndex`; 0 means it must not exist. */
export const registerJob = rpcMethod({
  name: "Job.Register",
  request: struct({ Job: optional(job), EnforceIndex: flag, JobModifyIndex: whole }),
  reply: jobChanged,
  answeredBy: "leader",
  access: "write",
});

/** Stops a job. With `Purge` its record goes at once, else it stays, dead, until it is collected. */
export const deregisterJob = rpcMethod({
  name: "Job.Deregister",
  request: struct({ JobID: text, Purge: flag }),
  reply: jobChanged,
  answeredBy: "leader",
  access: "write",
});

/** Forgets jobs that are done with; unlike a deregistration it calls for no evaluation. */
export const forgetJobs = rpcMethod({
  name: "Job.BatchDeregister",
  request: struct({ Jobs: listOf(struct({ Namespace: text, ID: text })) }),
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

export const evaluateJob = rpcMethod({
  name: "Job.Evaluate",
  request: struct({ JobID: text }),
  reply: jobChanged,
  answeredBy: "leader",
  access: "write",
});

export const getJob = rpcMethod({
  name: "Job.GetJob",
  request: struct({ JobID: text }),
  reply: struct({ Job: optional(job) }),
  answeredBy: "leader",
  access: "read",
});

export const listJobs = rpcMethod({
  name: "Job.List",
  request: struct({}),
  reply: struct({ Jobs: listOf(jobListStub) }),
  answeredBy: "leader",
  access: "read",
});

export const getJobSummary = rpcMethod({
  name: "Job.Summary",
  request: struct({ JobID: text }),
  reply: struct({ JobSummary: optional(jobSummary) }),
  answeredBy: "leader",
  access: "read",
});

export const getJobAllocations = rpcMethod({
  name: "Job.Allocations",
  request: struct({ JobID: text }),
  reply: struct({ Allocations: listOf(allocationListStub) }),
  answeredBy: "leader",
  access: "read",
});

export const getJobEvaluations = rpcMethod({
  name: "Job.Evaluations",
  request: struct({ JobID: text }),
  reply: struct({ Evaluations: listOf(evaluation) }),
  answeredBy: "leader",
  access: "read",
});

/** What a registration would do, without doing it. */
export const planJob = rpcMethod({
  name: "Job.Plan",
  request: struct({ Job: optional(job), Diff: flag }),
  reply: struct({
    Annotations: optional(planAnnotations),
    FailedTGAllocs: mapOf(placementFailure),
    JobModifyIndex: whole,
    CreatedEvals: listOf(evaluation),
    Diff: optional(jobDiff),
    NextPeriodicLaunch: timestamp,
    Warnings: text,
  }),
  answeredBy: "leader",
  access: "write",
  binary: new Set(["NextPeriodicLaunch"]),
});

/** Launches a child of a periodic job now. */
export const forcePeriodic = rpcMethod({
  name: "Periodic.Force",
  request: struct({ JobID: text }),
  reply: struct({ EvalID: text, EvalCreateIndex: whole }),
  answeredBy: "leader",
  access: "write",
});
