import type * as z from "zod";
import { anything, flag, listOf, mapOf, nanosecondCount, real, struct, text, timestamp, whole } from "../wire/index.ts";

const nodeScoreMeta = struct({ NodeID: text, Scores: mapOf(real), NormScore: real });

/** What is said of every search. */
const metrics = {
  NodesEvaluated: whole,
  NodesFiltered: whole,
  NodesInPool: whole,
  NodesAvailable: mapOf(whole),
  ClassFiltered: mapOf(whole),
  ConstraintFiltered: mapOf(whole),
  NodesExhausted: whole,
  ClassExhausted: mapOf(whole),
  DimensionExhausted: mapOf(whole),
  QuotaExhausted: listOf(text),
  ResourcesExhausted: mapOf(anything),
  Scores: mapOf(real),
  ScoreMetaData: listOf(nodeScoreMeta),
  AllocationTime: nanosecondCount,
  CoalescedFailures: whole,
};

/**
 * What a scheduler saw while it looked for a place. Keys of `Scores` are `<node>.<scorer>`;
 * `AllocationTime` in nanoseconds. `NodesAvailable` counts ready nodes by datacenter.
 */
export const allocMetric = struct(metrics);
export type AllocMetric = z.infer<typeof allocMetric>;

/**
 * Nodes of one class that were refused for one reason. `Dimension` is what ran out (`cpu exhausted`); it is empty where
 * `Constraint` says why a node may not run the group at all. Where something ran out that can be counted, the group
 * needs `Needed` of it, and `NodeID` is the node with the most left, `Free`; else it is one of the nodes.
 */
export const refusal = struct({
  NodeClass: text,
  Nodes: whole,
  Constraint: text,
  Dimension: text,
  Needed: whole,
  Free: whole,
  NodeID: text,
});
export type Refusal = z.infer<typeof refusal>;

/** Why a group found no place: what a scheduler saw, and who refused. What older programs wrote has no `Refusals`. */
export const placementFailure = struct({ ...metrics, Refusals: listOf(refusal) });
export type PlacementFailure = z.infer<typeof placementFailure>;

/** A need to look at a job again. `Wait` in nanoseconds; times of creation and change in nanoseconds since the epoch. */
export const evaluation = struct({
  ID: text,
  Namespace: text,
  Priority: whole,
  Type: text,
  TriggeredBy: text,
  JobID: text,
  JobModifyIndex: whole,
  NodeID: text,
  NodeModifyIndex: whole,
  DeploymentID: text,
  Status: text,
  StatusDescription: text,
  Wait: nanosecondCount,
  WaitUntil: timestamp,
  NextEval: text,
  PreviousEval: text,
  BlockedEval: text,
  FailedTGAllocs: mapOf(placementFailure),
  ClassEligibility: mapOf(flag),
  EscapedComputedClass: flag,
  QuotaLimitReached: text,
  AnnotatePlan: flag,
  QueuedAllocations: mapOf(whole),
  SnapshotIndex: whole,
  CreateIndex: whole,
  ModifyIndex: whole,
  CreateTime: nanosecondCount,
  ModifyTime: nanosecondCount,
});
export type Evaluation = z.infer<typeof evaluation>;

/** True if no scheduler will look at the evaluation any more. */
export function isTerminalEvaluation(evaluation: Evaluation): boolean {
  return evaluation.Status === "complete" || evaluation.Status === "failed" || evaluation.Status === "canceled";
}
