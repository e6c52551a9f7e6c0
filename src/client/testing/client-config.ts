import { minutes, seconds } from "../../base/index.ts";
import type { ClientConfig } from "../config.ts";
import { staticFingerprint } from "../fingerprint/static-fingerprint.ts";

/** The configuration of a small dev client on a machine without hardware. */
export function someConfig(fields: Partial<ClientConfig> = {}): ClientConfig {
  return {
    dev: true,
    region: "global",
    datacenter: "dc1",
    nodeName: "machine",
    nodeClass: "",
    meta: {},
    options: {},
    httpAddress: "127.0.0.1:4646",
    reserved: { cpuMHz: 0, memoryMB: 0, diskMB: 0, iops: 0, ports: [] },
    networkInterface: "",
    networkSpeedMbits: 100,
    maxKillTimeout: seconds(30),
    published: { node: true, allocations: true },
    statsInterval: seconds(1),
    collection: { interval: minutes(1), parallelDestroys: 2, diskUsage: 80, inodeUsage: 70, maxAllocations: 50 },
    minDynamicPort: 20000,
    maxDynamicPort: 32000,
    version: "0.4.1",
    revision: "",
    fingerprints: [staticFingerprint({ cpuMHz: 4000, memoryMB: 8192, diskMB: 50_000 })],
    ...fields,
  };
}
