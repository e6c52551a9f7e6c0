import type * as z from "zod";
import {
  anything,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  struct,
  text,
  whole,
  wholeOr,
} from "../wire/index.ts";
import { affinity, constraint, spread } from "./constraint.ts";
import { networkResource } from "./resources.ts";
import { restartPolicy, service, task } from "./task.ts";

/** How allocations are replaced when a job changes. Rolling only if `Stagger` (nanoseconds) and `MaxParallel` are above 0. */
const updateStrategy = struct({
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
export type UpdateStrategy = z.infer<typeof updateStrategy>;

/** How many allocations of a group leave a draining node at once. */
const migrateStrategy = struct({
  MaxParallel: whole,
  HealthCheck: text,
  MinHealthyTime: nanosecondCount,
  HealthyDeadline: nanosecondCount,
});
export type MigrateStrategy = z.infer<typeof migrateStrategy>;

/** When a failed allocation is replaced by one on another node. */
const reschedulePolicy = struct({
  Attempts: whole,
  Interval: nanosecondCount,
  Delay: nanosecondCount,
  DelayFunction: text,
  MaxDelay: nanosecondCount,
  Unlimited: flag,
});
export type ReschedulePolicy = z.infer<typeof reschedulePolicy>;

/** Disk of an allocation, shared by its tasks. */
const ephemeralDisk = struct({ Sticky: flag, Migrate: flag, SizeMB: whole });
export type EphemeralDisk = z.infer<typeof ephemeralDisk>;

/** Tasks that are placed together on one node, `Count` times. A missing count reads as 1. */
export const taskGroup = struct({
  Name: text,
  Count: wholeOr(1),
  Constraints: listOf(constraint),
  Affinities: listOf(affinity),
  Spreads: listOf(spread),
  RestartPolicy: optional(restartPolicy),
  ReschedulePolicy: optional(reschedulePolicy),
  EphemeralDisk: optional(ephemeralDisk),
  Update: optional(updateStrategy),
  Migrate: optional(migrateStrategy),
  Tasks: listOf(task),
  Networks: listOf(networkResource),
  Services: listOf(service),
  Volumes: mapOf(anything),
  Meta: mapOf(text),
  Scaling: anything,
  ShutdownDelay: optional(nanosecondCount),
  StopAfterClientDisconnect: optional(nanosecondCount),
});
export type TaskGroup = z.infer<typeof taskGroup>;
