import * as z from "zod";
import { listOf, mapOf, struct, text, whole } from "../wire/index.ts";

/** One field that is the same (`None`), `Added`, `Deleted` or `Edited`. */
export const fieldDiff = struct({ Type: text, Name: text, Old: text, New: text, Annotations: listOf(text) });
export type FieldDiff = z.infer<typeof fieldDiff>;

/** A block that differs; blocks nest a few levels deep (Resources, Network, Static Port). */
export interface ObjectDiff {
  readonly Type: string;
  readonly Name: string;
  readonly Fields: readonly FieldDiff[];
  readonly Objects: readonly ObjectDiff[];
}
export const objectDiff: z.ZodType<ObjectDiff> = z.lazy(() =>
  struct({ Type: text, Name: text, Fields: listOf(fieldDiff), Objects: listOf(objectDiff) }),
);

export const taskDiff = struct({
  Type: text,
  Name: text,
  Fields: listOf(fieldDiff),
  Objects: listOf(objectDiff),
  Annotations: listOf(text),
});
export type TaskDiff = z.infer<typeof taskDiff>;

/** `Updates` counts allocations by what would happen to them, for instance `create` or `in-place update`. */
const taskGroupDiff = struct({
  Type: text,
  Name: text,
  Fields: listOf(fieldDiff),
  Objects: listOf(objectDiff),
  Tasks: listOf(taskDiff),
  Updates: mapOf(whole),
});
export type TaskGroupDiff = z.infer<typeof taskGroupDiff>;

export const jobDiff = struct({
  Type: text,
  ID: text,
  Fields: listOf(fieldDiff),
  Objects: listOf(objectDiff),
  TaskGroups: listOf(taskGroupDiff),
});
export type JobDiff = z.infer<typeof jobDiff>;
