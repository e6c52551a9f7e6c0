import type { Random } from "../base/index.ts";
import { type Evaluation, evaluation, type Job, type NodeID } from "../model/index.ts";
import { jobKey, type StateView } from "../state/index.ts";

/**
 * Evaluations that a change of a node calls for: one for every job with an allocation on it, and one for every
 * system job, since those run wherever they can. Source: `server.md` §6, "Node evals".
 */
export function nodeEvaluations(
  view: StateView,
  nodeID: NodeID,
  context: { readonly random: Random; readonly nodeModifyIndex: number },
): Evaluation[] {
  const jobs = new Map<string, Pick<Job, "ID" | "Namespace" | "Type" | "Priority" | "JobModifyIndex">>();
  for (const allocation of view.allocations.by("node", nodeID)) {
    if (allocation.Job !== null) jobs.set(jobKey(allocation.Namespace, allocation.JobID), allocation.Job);
  }
  for (const job of view.jobs.all()) {
    if (job.Type === "system" && !job.Stop) jobs.set(jobKey(job.Namespace, job.ID), job);
  }
  return [...jobs.values()].map((job) =>
    evaluation.parse({
      ID: context.random.uuid(),
      Namespace: job.Namespace,
      Priority: job.Priority,
      Type: job.Type,
      TriggeredBy: "node-update",
      JobID: job.ID,
      JobModifyIndex: job.JobModifyIndex,
      NodeID: nodeID,
      NodeModifyIndex: context.nodeModifyIndex,
      Status: "pending",
    }),
  );
}
