import type * as z from "zod";
import { anything, flag, listOf, mapOf, nanosecondCount, optional, struct, text, whole } from "../wire/index.ts";
import { affinity, constraint } from "./constraint.ts";
import { resources, taskLifecycle } from "./resources.ts";

/** A health check of a service. Times in nanoseconds. */
export const serviceCheck = struct({
  Name: text,
  Type: text,
  Command: text,
  Args: listOf(text),
  Path: text,
  Protocol: text,
  PortLabel: text,
  Interval: nanosecondCount,
  Timeout: nanosecondCount,
  InitialStatus: text,
});
export type ServiceCheck = z.infer<typeof serviceCheck>;

export const service = struct({
  Name: text,
  PortLabel: text,
  AddressMode: text,
  Provider: text,
  Tags: listOf(text),
  CanaryTags: listOf(text),
  Checks: listOf(serviceCheck),
  Meta: mapOf(text),
});
export type Service = z.infer<typeof service>;

/** How many log files of which size are kept, for standard output and for standard error each. */
const logConfig = struct({ MaxFiles: whole, MaxFileSizeMB: whole });
export type LogConfig = z.infer<typeof logConfig>;

const taskArtifact = struct({
  GetterSource: text,
  GetterOptions: mapOf(text),
  GetterHeaders: mapOf(text),
  GetterMode: text,
  RelativeDest: text,
});
export type TaskArtifact = z.infer<typeof taskArtifact>;

/**
 * When a task that ended is started again on the same node: `Attempts` within `Interval`, after `Delay`;
 * then `Mode` says whether it waits for the next interval (`delay`) or gives up (`fail`). Times in nanoseconds.
 */
export const restartPolicy = struct({
  Attempts: whole,
  Interval: nanosecondCount,
  Delay: nanosecondCount,
  Mode: text,
});
export type RestartPolicy = z.infer<typeof restartPolicy>;

/** One program to run. `Resources` and `LogConfig` may be missing in what a client sends; validation refuses that. */
export const task = struct({
  Name: text,
  Driver: text,
  User: text,
  Config: mapOf(anything),
  Env: mapOf(text),
  Services: listOf(service),
  Constraints: listOf(constraint),
  Affinities: listOf(affinity),
  Resources: optional(resources),
  RestartPolicy: optional(restartPolicy),
  Lifecycle: optional(taskLifecycle),
  Meta: mapOf(text),
  KillTimeout: nanosecondCount,
  KillSignal: text,
  ShutdownDelay: nanosecondCount,
  LogConfig: optional(logConfig),
  Artifacts: listOf(taskArtifact),
  Templates: listOf(anything),
  VolumeMounts: listOf(anything),
  ScalingPolicies: listOf(anything),
  Vault: anything,
  DispatchPayload: anything,
  CSIPluginConfig: anything,
  Leader: flag,
  Kind: text,
});
export type Task = z.infer<typeof task>;
