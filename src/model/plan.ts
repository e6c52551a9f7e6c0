import type * as z from "zod";
import { flag, listOf, mapOf, optional, struct, text, whole } from "../wire/index.ts";
import { allocation } from "./allocation.ts";
import { job } from "./job.ts";
import { allocationListStub } from "./list-stubs.ts";

/** What a plan would do to one task group, in numbers of allocations. */
const desiredUpdates = struct({
  Ignore: whole,
  Place: whole,
  Migrate: whole,
  Stop: whole,
  InPlaceUpdate: whole,
  DestructiveUpdate: whole,
  Canary: whole,
  Preemptions: whole,
});
export type DesiredUpdates = z.infer<typeof desiredUpdates>;

export const planAnnotations = struct({
  DesiredTGUpdates: mapOf(desiredUpdates),
  PreemptedAllocs: listOf(allocationListStub),
});
export type PlanAnnotations = z.infer<typeof planAnnotations>;

/**
 * A proposal of a scheduler, by node: `NodeUpdate` holds the allocations to stop, `NodePreemptions` those to evict for
 * others of `NodeAllocation`, which are to be placed or updated in place. `EvalToken` shows that the evaluation is still this worker's.
 */
export const plan = struct({
  EvalID: text,
  EvalToken: text,
  Priority: whole,
  AllAtOnce: flag,
  Job: optional(job),
  NodeUpdate: mapOf(listOf(allocation)),
  NodeAllocation: mapOf(listOf(allocation)),
  NodePreemptions: mapOf(listOf(allocation)),
  Annotations: optional(planAnnotations),
  SnapshotIndex: whole,
});
export type Plan = z.infer<typeof plan>;

/**
 * What was committed of a plan. A `RefreshIndex` above 0 says that part was refused: schedule again on a state at
 * least that new. `AllocIndex` is where the committed part stands in the log.
 */
export const planResult = struct({
  NodeUpdate: mapOf(listOf(allocation)),
  NodeAllocation: mapOf(listOf(allocation)),
  RefreshIndex: whole,
  AllocIndex: whole,
});
export type PlanResult = z.infer<typeof planResult>;
