import type { Duration } from "../base/index.ts";
import type { SchedulerConfiguration } from "../model/index.ts";
import type { SnapshotPolicy } from "../raft/index.ts";

/** All schedulers there are: those of the types of jobs, and that of the cluster's own upkeep. */
export const allSchedulers: readonly string[] = ["batch", "system", "service", "_core"];

/** What a server is told at its start; nothing of it changes afterwards. Addresses are `host:port`. */
export interface ServerConfig {
  readonly nodeName: string;
  readonly region: string;
  readonly datacenter: string;
  /** Where other agents reach this server's RPC. */
  readonly rpcAddress: string;
  /** Where it listens for RPC and Raft. */
  readonly rpcBind: string;
  /** Connections from one address to it at once; undefined is no limit. */
  readonly rpcConnectionsPerAddress?: number;
  /** Where other servers reach its gossip. */
  readonly serfAddress: string;
  /** Where it listens for gossip. */
  readonly serfBind: string;
  /** Alone by intent: the server makes itself the whole cluster and need not wait out an election timeout. */
  readonly bootstrap: boolean;
  /** How many servers a new cluster begins with; 0 waits to be added to one that is there. Unused once there is a log. */
  readonly bootstrapExpect: number;
  /** Where log, snapshots and gossip's memory are kept; undefined keeps all of it in memory. */
  readonly dataDirectory?: string;
  /** When to replace the log by a snapshot, and how much of one a peer is sent at a time; undefined is as usual. */
  readonly snapshots?: SnapshotPolicy & { readonly chunkBytes: number };
  /** With which a new pool's gossip is encrypted. Unused once there is a keyring in the data directory. */
  readonly gossipKey?: Uint8Array;
  readonly workers: number;
  /** Types of evaluations this server's workers take. */
  readonly schedulers: readonly string[];
  /** How schedulers work in a cluster in which nobody has said so yet; undefined is as usual. */
  readonly schedulerConfiguration?: SchedulerConfiguration;
  /** How long a node may be late with its heartbeat before it is called down. */
  readonly heartbeatGrace: Duration;
  /** Age after which a down node without allocations is forgotten. */
  readonly nodeCollectionAge: Duration;
}
