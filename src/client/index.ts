export type { Client } from "./client.ts";
export type { ClientConfig, ReservedResources } from "./config.ts";
export type {
  ClientEndpoints,
  FileInfo,
  FollowOptions,
  LogOptions,
  ReadOptions,
  StreamFrame,
  StreamOrigin,
} from "./endpoints/endpoints.ts";
export type { Fingerprint, FingerprintContext, NodeFacts } from "./fingerprint/fingerprint.ts";
export type { AllocationUsage, CpuStats, MemoryStats, ResourceUsage, TaskUsage } from "./stats/allocation-usage.ts";
export type { HostCPU, HostDisk, HostMemory, HostStats } from "./stats/host-stats.ts";
