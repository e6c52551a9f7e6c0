import type { Duration } from "../base/index.ts";
import type { Fingerprint } from "./fingerprint/fingerprint.ts";
import type { CollectionLimits } from "./garbage-collector.ts";
import type { Published } from "./gauges.ts";

/** What the operator keeps back on a node; never given to tasks. Ports are kept back on every network. */
export interface ReservedResources {
  readonly cpuMHz: number;
  readonly memoryMB: number;
  readonly diskMB: number;
  readonly iops: number;
  readonly ports: readonly number[];
}

/**
 * What a client is told by its agent. Frozen: nothing of it changes while the client lives.
 * Names follow the agent's configuration (`client { … }`); lists in `options` are comma separated.
 */
export interface ClientConfig {
  /** All retries after 1 s, a fresh node ID, nothing restored, and nothing left behind at shutdown. */
  readonly dev: boolean;
  /** Where the node's identity is kept; undefined means a temporary directory. */
  readonly stateDirectory?: string;
  /** Where allocations are run; undefined means a temporary directory. */
  readonly allocationDirectory?: string;
  /**
   * RPC addresses of servers, for an agent that is none itself; `connectServers` reads them. A port that is missing
   * is 4647.
   */
  readonly servers?: readonly string[];
  /** Under which name Consul knows the servers; undefined when it is not asked. */
  readonly serverService?: string;
  readonly region: string;
  readonly datacenter: string;
  /** Empty means the host's name. */
  readonly nodeName: string;
  readonly nodeClass: string;
  readonly meta: Readonly<Record<string, string>>;
  /** `fingerprint.whitelist`, `driver.whitelist`, `user.blacklist`, `env.blacklist`, `driver.raw_exec.enable` … */
  readonly options: Readonly<Record<string, string>>;
  /** The advertised `host:port` of the agent's HTTP interface. */
  readonly httpAddress: string;
  readonly reserved: ReservedResources;
  /** Empty means the first interface that is up, not loopback, and has an IPv4 address. */
  readonly networkInterface: string;
  /** Assumed when the interface does not tell its speed. */
  readonly networkSpeedMbits: number;
  /** No task gets longer than this between the signal to stop and its end. */
  readonly maxKillTimeout: Duration;
  readonly statsInterval: Duration;
  /** Which figures are shown to whoever asks for metrics. */
  readonly published: Published;
  /** When the directories of allocations that have ended are removed. */
  readonly collection: CollectionLimits;
  /** Dynamic ports are picked from here, both ends included; for schedulers that ask. */
  readonly minDynamicPort: number;
  readonly maxDynamicPort: number;
  /** What the agent calls itself: attributes `nomad.version` and `nomad.revision`. */
  readonly version: string;
  readonly revision: string;
  /** Replaces the built-in fingerprints: how the simulator gives a node resources that no hardware backs. */
  readonly fingerprints?: readonly Fingerprint[];
}

/** What a client may be told anew while it runs. */
export type ChangeableConfig = Pick<ClientConfig, "meta" | "nodeClass" | "reserved" | "published">;

/** Reads a comma separated option; absent gives `otherwise`. Items are trimmed, empty ones dropped. */
export function optionList(config: ClientConfig, name: string, otherwise: readonly string[] = []): readonly string[] {
  const value = config.options[name];
  if (value === undefined) return otherwise;
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
