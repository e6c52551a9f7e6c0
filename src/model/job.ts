import type * as z from "zod";
import {
  anything,
  block,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  safeRead,
  struct,
  text,
  whole,
} from "../wire/index.ts";
import { affinity, constraint, spread } from "./constraint.ts";
import { taskGroup } from "./task-group.ts";

/** When a job is launched again and again. `Spec` is a cron line read in `TimeZone` (UTC unless set). */
export const periodicConfig = struct({
  Enabled: flag,
  Spec: text,
  SpecType: text,
  ProhibitOverlap: flag,
  TimeZone: text,
});
export type PeriodicConfig = z.infer<typeof periodicConfig>;

/** The timed rolling update of a whole job: `MaxParallel` allocations at once, `Stagger` nanoseconds apart. */
const jobUpdate = block({
  Stagger: nanosecondCount,
  MaxParallel: whole,
  HealthCheck: text,
  MinHealthyTime: nanosecondCount,
  HealthyDeadline: nanosecondCount,
  ProgressDeadline: nanosecondCount,
  AutoRevert: flag,
  AutoPromote: flag,
  Canary: whole,
});

/**
 * What a user wants to run. The fields are the union of what 0.4.1 and 1.x know, under the names of the public API.
 * `SubmitTime` is in nanoseconds since the epoch; `Version` counts registrations from 0.
 */
export const job = struct({
  Region: text,
  Namespace: text,
  ID: text,
  ParentID: text,
  Name: text,
  Type: text,
  Priority: whole,
  AllAtOnce: flag,
  Datacenters: listOf(text),
  NodePool: text,
  Constraints: listOf(constraint),
  Affinities: listOf(affinity),
  Spreads: listOf(spread),
  TaskGroups: listOf(taskGroup),
  Update: jobUpdate,
  Multiregion: anything,
  Periodic: optional(periodicConfig),
  ParameterizedJob: anything,
  Dispatched: flag,
  DispatchIdempotencyToken: text,
  Payload: anything,
  Meta: mapOf(text),
  ConsulToken: text,
  VaultToken: text,
  VaultNamespace: text,
  NomadTokenID: text,
  Status: text,
  StatusDescription: text,
  Stop: flag,
  Stable: flag,
  Version: whole,
  SubmitTime: nanosecondCount,
  CreateIndex: whole,
  ModifyIndex: whole,
  JobModifyIndex: whole,
});
export type Job = z.infer<typeof job>;

/** A job of fields that are known to be right, with all others; what comes from outside is read by `safeRead`. */
export function completeJob(fields: z.input<typeof job>): Job {
  const read = safeRead(job, fields);
  if (!read.success) throw read.error;
  return read.data;
}

/** The one namespace there is until namespaces can be made. */
export const defaultNamespace = "default";

/** True for a job that launches children by the clock. */
export function isPeriodic(job: Job): boolean {
  return job.Periodic?.Enabled === true;
}
