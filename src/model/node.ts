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
  timestamp,
  whole,
} from "../wire/index.ts";
import { nodeReservedResources, nodeResources, resources } from "./resources.ts";

/** What is known of a driver on a node. */
export const driverInfo = struct({
  Attributes: mapOf(text),
  Detected: flag,
  Healthy: flag,
  HealthDescription: text,
  UpdateTime: timestamp,
});
export type DriverInfo = z.infer<typeof driverInfo>;

/** Something that happened to a node, for people to read. */
export const nodeEvent = struct({
  Message: text,
  Subsystem: text,
  Details: mapOf(text),
  Timestamp: timestamp,
  CreateIndex: whole,
});
export type NodeEvent = z.infer<typeof nodeEvent>;

/** What is asked of a drain. `Deadline` in nanoseconds: how long it may take; 0 means without end, negative at once. */
export const drainSpec = struct({ Deadline: nanosecondCount, IgnoreSystemJobs: flag });
export type DrainSpec = z.infer<typeof drainSpec>;

/** How a node is being emptied: what was asked, and until and since when. */
const drainStrategy = struct({
  Deadline: nanosecondCount,
  IgnoreSystemJobs: flag,
  ForceDeadline: timestamp,
  StartedAt: timestamp,
});
export type DrainStrategy = z.infer<typeof drainStrategy>;

/** A node's latest drain: `draining`, `complete` or `canceled`. `AccessorID` is empty, for nobody needs a token here. */
export const drainMetadata = struct({
  StartedAt: timestamp,
  UpdatedAt: timestamp,
  Status: text,
  AccessorID: text,
  Meta: mapOf(text),
});
export type DrainMetadata = z.infer<typeof drainMetadata>;

/**
 * A machine that runs allocations. `Drain` says the same as a set `DrainStrategy`; `Resources` and `Reserved` the
 * same as `NodeResources` and `ReservedResources`: older and newer programs each read their own.
 * `StatusUpdatedAt` is in seconds since the epoch.
 */
export const node = struct({
  ID: text,
  SecretID: text,
  Datacenter: text,
  Name: text,
  HTTPAddr: text,
  TLSEnabled: flag,
  Attributes: mapOf(text),
  Resources: optional(resources),
  Reserved: optional(resources),
  NodeResources: nodeResources,
  ReservedResources: nodeReservedResources,
  Links: mapOf(text),
  Meta: mapOf(text),
  NodeClass: text,
  NodePool: text,
  ComputedClass: text,
  Drain: flag,
  DrainStrategy: optional(drainStrategy),
  SchedulingEligibility: text,
  Status: text,
  StatusDescription: text,
  StatusUpdatedAt: whole,
  Events: listOf(nodeEvent),
  Drivers: mapOf(driverInfo),
  HostVolumes: mapOf(anything),
  HostNetworks: mapOf(anything),
  CSIControllerPlugins: mapOf(anything),
  CSINodePlugins: mapOf(anything),
  LastDrain: optional(drainMetadata),
  CreateIndex: whole,
  ModifyIndex: whole,
});
export type Node = z.infer<typeof node>;

export type NodeStatus = "initializing" | "ready" | "down" | "disconnected";

/** True if new allocations may be placed on the node. */
export function isReady(node: Node): boolean {
  return node.Status === "ready" && !node.Drain && node.SchedulingEligibility !== "ineligible";
}
