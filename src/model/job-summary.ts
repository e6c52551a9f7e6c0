import type * as z from "zod";
import { block, mapOf, struct, text, whole } from "../wire/index.ts";

/** How many allocations of a group are in which state. */
const taskGroupSummary = struct({
  Queued: whole,
  Complete: whole,
  Failed: whole,
  Running: whole,
  Starting: whole,
  Lost: whole,
  Unknown: whole,
});
export type TaskGroupSummary = z.infer<typeof taskGroupSummary>;

/** A job's allocations, counted by task group, and its children counted by status. */
export const jobSummary = struct({
  JobID: text,
  Namespace: text,
  Summary: mapOf(taskGroupSummary),
  Children: block({ Pending: whole, Running: whole, Dead: whole }),
  CreateIndex: whole,
  ModifyIndex: whole,
});
export type JobSummary = z.infer<typeof jobSummary>;
