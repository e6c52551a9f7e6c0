import type { Duration } from "../base/index.ts";

/** What a server is told at its start; nothing of it changes afterwards. Addresses are `host:port`. */
export interface ServerConfig {
  readonly nodeName: string;
  readonly region: string;
  readonly datacenter: string;
  /** Where other agents reach this server's RPC; also its name in the Raft configuration. */
  readonly rpcAddress: string;
  readonly serfAddress: string;
  /** Alone by intent: the server makes itself the whole cluster and need not wait out an election timeout. */
  readonly bootstrap: boolean;
  readonly workers: number;
  /** Types of evaluations this server's workers take. */
  readonly schedulers: readonly string[];
  /** How long a node may be late with its heartbeat before it is called down. */
  readonly heartbeatGrace: Duration;
  /** Age after which a down node without allocations is forgotten. */
  readonly nodeCollectionAge: Duration;
}
