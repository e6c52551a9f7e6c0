import { archFingerprint } from "./arch.ts";
import { cgroupFingerprint } from "./cgroup.ts";
import { consulFingerprint } from "./consul.ts";
import { cpuFingerprint } from "./cpu.ts";
import { awsFingerprint } from "./env-aws.ts";
import { gceFingerprint } from "./env-gce.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { hostFingerprint } from "./host.ts";
import { memoryFingerprint } from "./memory.ts";
import { networkFingerprint } from "./network.ts";
import { nomadFingerprint } from "./nomad.ts";
import { storageFingerprint } from "./storage.ts";

/** All that a client tries on its machine, by name. */
export function builtInFingerprints(): readonly Fingerprint[] {
  return [
    archFingerprint,
    cgroupFingerprint(),
    consulFingerprint,
    cpuFingerprint,
    awsFingerprint,
    gceFingerprint,
    hostFingerprint,
    memoryFingerprint,
    networkFingerprint,
    nomadFingerprint,
    storageFingerprint,
  ];
}
