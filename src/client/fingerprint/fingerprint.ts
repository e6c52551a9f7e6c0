import type { Duration } from "../../base/index.ts";
import type { Consul } from "../../consul/index.ts";
import type { NetworkResource } from "../../model/index.ts";
import type { Log, Runtime } from "../../runtime/index.ts";
import type { ClientConfig } from "../config.ts";

/** What a fingerprint may look at. */
export interface FingerprintContext {
  readonly config: ClientConfig;
  readonly runtime: Runtime;
  readonly log: Log;
  /** Where allocations will live: the storage fingerprint measures the file system below it. */
  readonly allocationDirectory: string;
  /** Undefined where there is none. */
  readonly consul?: Consul;
  readonly signal: AbortSignal;
}

/** What was found out about the node. An attribute or link that is `undefined` is removed. */
export interface NodeFacts {
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly links?: Readonly<Record<string, string | undefined>>;
  readonly cpuMHz?: number;
  readonly memoryMB?: number;
  readonly diskMB?: number;
  /** Networks this fingerprint knows; each replaces one of the same device, or is added. */
  readonly networks?: readonly NetworkResource[];
}

/** One way to learn something about the machine. */
export interface Fingerprint {
  readonly name: string;
  /** Repeated this often; undefined means once. */
  readonly period?: Duration;
  /** The node does not wait for it: what it finds is added when it is found. */
  readonly inBackground?: boolean;
  /** Undefined when it does not apply here. Rejects only when the agent must not go on. */
  detect(context: FingerprintContext): Promise<NodeFacts | undefined>;
}
