import type { Job } from "../../model/index.ts";
import type { Answer } from "../rpc/method.ts";
import { booleanIn } from "./query.ts";
import { Refusal } from "./refusal.ts";
import { type ReplyOf, route } from "./route.ts";

const byID = ({ path }: { readonly path: { readonly JobID: string } }) => ({ JobID: path.JobID });
const mustMatch = "Job ID does not match";

export const listJobs = route({
  verbs: ["GET"],
  path: "/v1/jobs",
  asks: "listJobs",
  tells: "freshness",
  ask: () => ({}),
  show: ({ reply }) => reply.Jobs,
});

export const registerJob = route({
  verbs: ["PUT", "POST"],
  path: "/v1/jobs",
  asks: "registerJob",
  hasBody: true,
  tells: "index",
  ask: ({ body }) => withJob(body),
  show: jobChanged,
});

export const updateJob = route({
  verbs: ["PUT", "POST"],
  path: "/v1/job/{JobID}",
  asks: "registerJob",
  hasBody: true,
  tells: "index",
  ask: ({ body, path }) => withJob(body, path.JobID),
  show: jobChanged,
});

export const getJob = route({
  verbs: ["GET"],
  path: "/v1/job/{JobID}",
  asks: "getJob",
  tells: "freshness",
  missing: "job not found",
  ask: byID,
  show: ({ reply }) => reply.Job ?? undefined,
});

/** Newer programs always say `purge`; one that does not is of the time when a stopped job was gone at once. */
export const deregisterJob = route({
  verbs: ["DELETE"],
  path: "/v1/job/{JobID}",
  asks: "deregisterJob",
  tells: "index",
  ask: ({ path, query }) => ({
    JobID: path.JobID,
    Purge:
      !query.has("purge") ||
      (query.get("purge") !== "" && booleanIn(query, "purge", 'Failed to parse value of "purge" as a bool')),
  }),
  show: jobChanged,
});

export const getJobAllocations = route({
  verbs: ["GET"],
  path: "/v1/job/{JobID}/allocations",
  asks: "getJobAllocations",
  tells: "freshness",
  ask: byID,
  show: ({ reply }) => reply.Allocations,
});

export const getJobEvaluations = route({
  verbs: ["GET"],
  path: "/v1/job/{JobID}/evaluations",
  asks: "getJobEvaluations",
  tells: "freshness",
  ask: byID,
  show: ({ reply }) => reply.Evaluations,
});

export const getJobSummary = route({
  verbs: "any",
  path: "/v1/job/{JobID}/summary",
  asks: "getJobSummary",
  tells: "freshness",
  missing: "job not found",
  ask: byID,
  show: ({ reply }) => reply.JobSummary ?? undefined,
});

export const evaluateJob = route({
  verbs: ["PUT", "POST"],
  path: "/v1/job/{JobID}/evaluate",
  asks: "evaluateJob",
  tells: "index",
  ask: byID,
  show: jobChanged,
});

export const planJob = route({
  verbs: ["PUT", "POST"],
  path: "/v1/job/{JobID}/plan",
  asks: "planJob",
  hasBody: true,
  tells: "index",
  ask: ({ body, path }) => withJob(body, path.JobID),
  show: ({ reply, index }) => ({
    ...reply,
    NextPeriodicLaunch: reply.NextPeriodicLaunch ?? "0001-01-01T00:00:00Z",
    Index: index,
  }),
});

export const forcePeriodic = route({
  verbs: ["PUT", "POST"],
  path: "/v1/job/{JobID}/periodic/force",
  asks: "forcePeriodic",
  tells: "index",
  ask: byID,
  show: ({ reply, index }) => ({ ...reply, Index: index }),
});

/** Older programs read `Index`, `KnownLeader` and `LastContact`, which for a write are always false and 0. */
function jobChanged({ reply, index }: Answer<ReplyOf<"registerJob">>) {
  return { ...reply, Index: index, KnownLeader: false, LastContact: 0 };
}

function withJob<Body extends { readonly Job: Job | null }>(body: Body, id?: string): Body {
  if (body.Job === null) throw new Refusal(400, "Job must be specified");
  if (id !== undefined && body.Job.ID !== id) throw new Refusal(400, mustMatch);
  return body;
}
