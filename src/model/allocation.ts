import type * as z from "zod";
import {
  anything,
  block,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  struct,
  text,
  timestamp,
  whole,
} from "../wire/index.ts";
import { allocMetric } from "./evaluation.ts";
import { job } from "./job.ts";
import { allocatedTaskResources, networkResource, portMapping, resources, taskLifecycle } from "./resources.ts";

/**
 * Something that happened to a task. Older programs read the field that belongs to `Type`, newer ones
 * `DisplayMessage` and `Details`. `Time`, `KillTimeout` and `StartDelay` in nanoseconds.
 */
const taskEvent = struct({
  Type: text,
  Time: nanosecondCount,
  DisplayMessage: text,
  Details: mapOf(text),
  Message: text,
  FailsTask: flag,
  RestartReason: text,
  SetupError: text,
  DriverError: text,
  DriverMessage: text,
  ExitCode: whole,
  Signal: whole,
  KillReason: text,
  KillTimeout: nanosecondCount,
  KillError: text,
  StartDelay: nanosecondCount,
  DownloadError: text,
  ValidationError: text,
  DiskLimit: whole,
  DiskSize: whole,
  FailedSibling: text,
  VaultError: text,
  TaskSignal: text,
  TaskSignalReason: text,
  GenericSource: text,
});
export type TaskEvent = z.infer<typeof taskEvent>;

/** `State` is `pending`, `running` or `dead`; `Events` oldest first, ten at most. */
export const taskState = struct({
  State: text,
  Failed: flag,
  Restarts: whole,
  LastRestart: timestamp,
  StartedAt: timestamp,
  FinishedAt: timestamp,
  Events: listOf(taskEvent),
});
export type TaskState = z.infer<typeof taskState>;

const allocatedResources = struct({
  Tasks: mapOf(allocatedTaskResources),
  TaskLifecycles: mapOf(optional(taskLifecycle)),
  Shared: block({ DiskMB: whole, Networks: listOf(networkResource), Ports: listOf(portMapping) }),
});
export type AllocatedResources = z.infer<typeof allocatedResources>;

/** What the servers ask of whoever looks at the allocation next. */
export const desiredTransition = block({
  Migrate: optional(flag),
  Reschedule: optional(flag),
  ForceReschedule: optional(flag),
});

/** Work bound to a node: one instance of a task group. Times in nanoseconds since the epoch. */
export const allocation = struct({
  ID: text,
  Namespace: text,
  EvalID: text,
  Name: text,
  NodeID: text,
  NodeName: text,
  JobID: text,
  Job: optional(job),
  TaskGroup: text,
  Resources: optional(resources),
  SharedResources: optional(resources),
  TaskResources: mapOf(resources),
  AllocatedResources: optional(allocatedResources),
  Metrics: optional(allocMetric),
  DesiredStatus: text,
  DesiredDescription: text,
  DesiredTransition: desiredTransition,
  ClientStatus: text,
  ClientDescription: text,
  TaskStates: mapOf(taskState),
  PreviousAllocation: text,
  NextAllocation: text,
  DeploymentID: text,
  DeploymentStatus: anything,
  FollowupEvalID: text,
  RescheduleTracker: anything,
  NetworkStatus: anything,
  PreemptedAllocations: listOf(text),
  PreemptedByAllocation: text,
  CreateIndex: whole,
  ModifyIndex: whole,
  AllocModifyIndex: whole,
  CreateTime: nanosecondCount,
  ModifyTime: nanosecondCount,
});
export type Allocation = z.infer<typeof allocation>;

export type DesiredStatus = "run" | "stop" | "evict";
export type ClientStatus = "pending" | "running" | "complete" | "failed" | "lost" | "unknown";

/** True if the servers want it gone or the client is done with it: it takes no more room on its node. */
export function isTerminalAllocation(allocation: Pick<Allocation, "DesiredStatus" | "ClientStatus">): boolean {
  return isServerTerminal(allocation) || isClientTerminal(allocation);
}

/** True if the servers want the allocation gone. */
export function isServerTerminal(allocation: Pick<Allocation, "DesiredStatus">): boolean {
  return allocation.DesiredStatus === "stop" || allocation.DesiredStatus === "evict";
}

/** True if the client will never run the allocation again. */
export function isClientTerminal(allocation: Pick<Allocation, "ClientStatus">): boolean {
  return (
    allocation.ClientStatus === "complete" || allocation.ClientStatus === "failed" || allocation.ClientStatus === "lost"
  );
}
