import type * as z from "zod";
import { anything, flag, listOf, mapOf, nanosecondCount, optional, struct, text, whole } from "../wire/index.ts";
import { type Allocation, desiredTransition, taskState } from "./allocation.ts";
import { isPeriodic, type Job } from "./job.ts";
import { type JobSummary, jobSummary } from "./job-summary.ts";
import { drainMetadata, driverInfo, type Node } from "./node.ts";

/** A node as lists show it. */
export const nodeListStub = struct({
  Address: text,
  ID: text,
  Datacenter: text,
  Name: text,
  NodeClass: text,
  NodePool: text,
  Version: text,
  Drain: flag,
  SchedulingEligibility: text,
  Status: text,
  StatusDescription: text,
  Drivers: mapOf(driverInfo),
  HostVolumes: mapOf(anything),
  LastDrain: optional(drainMetadata),
  CreateIndex: whole,
  ModifyIndex: whole,
});
export type NodeListStub = z.infer<typeof nodeListStub>;

export function nodeStubOf(node: Node): NodeListStub {
  return {
    Address: node.HTTPAddr.replace(/:\d+$/, ""),
    ID: node.ID,
    Datacenter: node.Datacenter,
    Name: node.Name,
    NodeClass: node.NodeClass,
    NodePool: node.NodePool,
    Version: node.Attributes["nomad.version"] ?? "",
    Drain: node.Drain,
    SchedulingEligibility: node.SchedulingEligibility,
    Status: node.Status,
    StatusDescription: node.StatusDescription,
    Drivers: node.Drivers,
    HostVolumes: node.HostVolumes,
    LastDrain: node.LastDrain,
    CreateIndex: node.CreateIndex,
    ModifyIndex: node.ModifyIndex,
  };
}

/** A job as lists show it. `SubmitTime` in nanoseconds since the epoch. */
export const jobListStub = struct({
  ID: text,
  ParentID: text,
  Name: text,
  Namespace: text,
  Datacenters: listOf(text),
  NodePool: text,
  Multiregion: anything,
  Type: text,
  Priority: whole,
  Periodic: flag,
  ParameterizedJob: flag,
  Stop: flag,
  Status: text,
  StatusDescription: text,
  JobSummary: optional(jobSummary),
  CreateIndex: whole,
  ModifyIndex: whole,
  JobModifyIndex: whole,
  SubmitTime: nanosecondCount,
});
export type JobListStub = z.infer<typeof jobListStub>;

export function jobStubOf(job: Job, summary: JobSummary | null): JobListStub {
  return {
    ID: job.ID,
    ParentID: job.ParentID,
    Name: job.Name,
    Namespace: job.Namespace,
    Datacenters: job.Datacenters,
    NodePool: job.NodePool,
    Multiregion: job.Multiregion,
    Type: job.Type,
    Priority: job.Priority,
    Periodic: isPeriodic(job),
    ParameterizedJob: job.ParameterizedJob !== null,
    Stop: job.Stop,
    Status: job.Status,
    StatusDescription: job.StatusDescription,
    JobSummary: summary,
    CreateIndex: job.CreateIndex,
    ModifyIndex: job.ModifyIndex,
    JobModifyIndex: job.JobModifyIndex,
    SubmitTime: job.SubmitTime,
  };
}

/** An allocation as lists show it: without its job, its resources and its metrics. */
export const allocationListStub = struct({
  ID: text,
  EvalID: text,
  Name: text,
  Namespace: text,
  NodeID: text,
  NodeName: text,
  JobID: text,
  JobType: text,
  JobVersion: whole,
  TaskGroup: text,
  DesiredStatus: text,
  DesiredDescription: text,
  DesiredTransition: desiredTransition,
  ClientStatus: text,
  ClientDescription: text,
  TaskStates: mapOf(taskState),
  DeploymentStatus: anything,
  FollowupEvalID: text,
  RescheduleTracker: anything,
  PreemptedAllocations: listOf(text),
  PreemptedByAllocation: text,
  CreateIndex: whole,
  ModifyIndex: whole,
  CreateTime: nanosecondCount,
  ModifyTime: nanosecondCount,
});
export type AllocationListStub = z.infer<typeof allocationListStub>;

export function allocationStubOf(allocation: Allocation): AllocationListStub {
  return {
    ID: allocation.ID,
    EvalID: allocation.EvalID,
    Name: allocation.Name,
    Namespace: allocation.Namespace,
    NodeID: allocation.NodeID,
    NodeName: allocation.NodeName,
    JobID: allocation.JobID,
    JobType: allocation.Job?.Type ?? "",
    JobVersion: allocation.Job?.Version ?? 0,
    TaskGroup: allocation.TaskGroup,
    DesiredStatus: allocation.DesiredStatus,
    DesiredDescription: allocation.DesiredDescription,
    DesiredTransition: allocation.DesiredTransition,
    ClientStatus: allocation.ClientStatus,
    ClientDescription: allocation.ClientDescription,
    TaskStates: allocation.TaskStates,
    DeploymentStatus: allocation.DeploymentStatus,
    FollowupEvalID: allocation.FollowupEvalID,
    RescheduleTracker: allocation.RescheduleTracker,
    PreemptedAllocations: allocation.PreemptedAllocations,
    PreemptedByAllocation: allocation.PreemptedByAllocation,
    CreateIndex: allocation.CreateIndex,
    ModifyIndex: allocation.ModifyIndex,
    CreateTime: allocation.CreateTime,
    ModifyTime: allocation.ModifyTime,
  };
}
