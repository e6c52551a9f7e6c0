import type { Node, NodeID } from "../model/index.ts";
import type { ClientEndpoints } from "./endpoints/endpoints.ts";

/** A running client: one node of the cluster. Made by `startClient`, which resolves once the node is fingerprinted. */
export interface Client {
  readonly nodeID: NodeID;
  /** The node as this client knows it now: what it last registered, or is about to. */
  node(): Node;
  readonly endpoints: ClientEndpoints;
  /** RPC addresses of the servers that the last heartbeat named. */
  knownServers(): readonly string[];
  /** The `client` section of `nomad agent-info`. */
  stats(): Readonly<Record<string, string>>;
  /**
   * Stops everything this client began and resolves when it has ended. In dev mode tasks are killed and
   * directories removed; otherwise tasks are left running.
   */
  shutdown(): Promise<void>;
}
