import type { Random } from "../base/index.ts";
import { type Evaluation, evaluation, type Job, type Node, type NodeID } from "../model/index.ts";
import { type Applied, evaluationsUpdate, jobKey, type StateView } from "../state/index.ts";
import type { ReplicatedState } from "./replicated-state.ts";

type Touched = Pick<Job, "ID" | "Namespace" | "Type" | "Priority" | "JobModifyIndex">;

/**
 * Evaluations that a change of a node calls for: one for every job with an allocation on it, and one for every
 * system job, since those run wherever they can. So does Nomad 0.4.1.
 */
export function nodeEvaluations(
  view: StateView,
  nodeID: NodeID,
  context: { readonly random: Random; readonly nodeModifyIndex: number },
): Evaluation[] {
  const jobs = new Map<string, Touched>();
  for (const allocation of view.allocations.by("node", nodeID)) {
    if (allocation.Job !== null) jobs.set(jobKey(allocation.Namespace, allocation.JobID), allocation.Job);
  }
  for (const job of view.jobs.all()) {
    if (job.Type === "system" && !job.Stop) jobs.set(jobKey(job.Namespace, job.ID), job);
  }
  const node = { ID: nodeID, ModifyIndex: context.nodeModifyIndex };
  return [...jobs.values()].map((job) => nodeEvaluation(job, node, context.random));
}

/** The evaluation of one job that a node calls for. */
export function nodeEvaluation(job: Touched, node: Pick<Node, "ID" | "ModifyIndex">, random: Random): Evaluation {
  return evaluation.parse({
    ID: random.uuid(),
    Namespace: job.Namespace,
    Priority: job.Priority,
    Type: job.Type,
    TriggeredBy: "node-update",
    JobID: job.ID,
    JobModifyIndex: job.JobModifyIndex,
    NodeID: node.ID,
    NodeModifyIndex: node.ModifyIndex,
    Status: "pending",
  });
}

/** What came of a change of a node: the index of the change, and all evaluations it called for. */
export interface NodeChanged {
  readonly index: number;
  readonly Evals: readonly Evaluation[];
}

/**
 * Logs a change of a node together with the evaluations it calls for. What was placed on the node, or came to run
 * everywhere, while the change was on its way to the log is found afterwards; its evaluations follow in an entry of
 * their own. `propose` logs the change with the evaluations it is given.
 */
export async function changeWithEvaluations(
  { state, random }: { readonly state: ReplicatedState; readonly random: Random },
  nodeID: NodeID,
  propose: (Evals: readonly Evaluation[]) => Promise<Applied>,
): Promise<NodeChanged> {
  const before = state.view();
  const Evals = nodeEvaluations(before, nodeID, { random, nodeModifyIndex: before.index });
  const { index } = await propose(Evals);
  const known = new Set(Evals.map(({ Namespace, JobID }) => jobKey(Namespace, JobID)));
  const late = nodeEvaluations(state.view(), nodeID, { random, nodeModifyIndex: index }).filter(
    ({ Namespace, JobID }) => !known.has(jobKey(Namespace, JobID)),
  );
  if (late.length > 0) await state.propose(evaluationsUpdate, { Evals: late });
  return { index, Evals: [...Evals, ...late] };
}
