import type * as z from "zod";
import { anything, block, flag, listOf, struct, text, whole } from "../wire/index.ts";

/** A port of a network ask or grant. `Value` is 0 until a dynamic port is assigned; `To` is the port inside. */
export const port = struct({ Label: text, Value: whole, To: whole, HostNetwork: text });
export type Port = z.infer<typeof port>;

/** Of a node: what an interface offers. Of a task or group: what is asked, later granted. Bandwidth in Mbit/s. */
export const networkResource = struct({
  Mode: text,
  Device: text,
  CIDR: text,
  IP: text,
  MBits: whole,
  DNS: anything,
  ReservedPorts: listOf(port),
  DynamicPorts: listOf(port),
});
export type NetworkResource = z.infer<typeof networkResource>;

/** CPU in MHz, memory and disk in MiB. For a node its totals, for a task its ask, in an allocation what was granted. */
export const resources = struct({
  CPU: whole,
  MemoryMB: whole,
  MemoryMaxMB: whole,
  DiskMB: whole,
  IOPS: whole,
  Networks: listOf(networkResource),
  Devices: listOf(anything),
});
export type Resources = z.infer<typeof resources>;

/** The node's totals in the shape that 1.x programs read; computed from `Resources`. */
export const nodeResources = block({
  Cpu: block({ CpuShares: whole }),
  Memory: block({ MemoryMB: whole }),
  Disk: block({ DiskMB: whole }),
  Networks: listOf(networkResource),
  NodeNetworks: listOf(anything),
  Devices: listOf(anything),
  MinDynamicPort: whole,
  MaxDynamicPort: whole,
});
export type NodeResources = z.infer<typeof nodeResources>;

/** What the operator keeps back on a node, in the shape that 1.x programs read. */
export const nodeReservedResources = block({
  Cpu: block({ CpuShares: whole }),
  Memory: block({ MemoryMB: whole }),
  Disk: block({ DiskMB: whole }),
  Networks: block({ ReservedHostPorts: text }),
});

/** What one task of an allocation was granted, in the shape that 1.x programs read. */
export const allocatedTaskResources = struct({
  Cpu: block({ CpuShares: whole }),
  Memory: block({ MemoryMB: whole, MemoryMaxMB: whole }),
  Networks: listOf(networkResource),
  Devices: listOf(anything),
});
export type AllocatedTaskResources = z.infer<typeof allocatedTaskResources>;

/** A port of an allocation with the address it is reached at. */
export const portMapping = struct({ Label: text, Value: whole, To: whole, HostIP: text });
export type PortMapping = z.infer<typeof portMapping>;

/** Where a task stands among its siblings; `Hook` is `prestart`, `poststart` or `poststop`. */
export const taskLifecycle = struct({ Hook: text, Sidecar: flag });
