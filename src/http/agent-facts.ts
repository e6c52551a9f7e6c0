import type { AgentSelf, ClientEndpoints, MetricsSummary } from "../api/index.ts";
import type { Member, NodeID } from "../model/index.ts";

/** What became of a change of gossip keys at the servers that answered, or who of them has which. */
export interface GossipKeyReport {
  /** How many servers there are, and how many answered. */
  readonly members: number;
  readonly answers: number;
  /** What servers could not do, by name. */
  readonly problems: ReadonlyMap<string, string>;
  /** How many servers have each key, in base64. */
  readonly keys: ReadonlyMap<string, number>;
}

/** The gossip keys of all servers. */
export interface GossipKeyring {
  list(): Promise<GossipKeyReport>;
  install(key: Uint8Array): Promise<GossipKeyReport>;
  use(key: Uint8Array): Promise<GossipKeyReport>;
  remove(key: Uint8Array): Promise<GossipKeyReport>;
}

/** The server half of an agent, as the HTTP API needs it. */
export interface ServerFacts {
  /** All servers that gossip knows, of all regions. */
  members(): readonly Member[];
  /** `joined` counts the addresses that answered; `error` tells of the others. Never rejects. */
  join(addresses: readonly string[]): Promise<{ readonly joined: number; readonly error: string }>;
  /** Nothing happens when no member has the name. */
  forceLeave(name: string): Promise<void>;
  /** Undefined where gossip is not encrypted. */
  readonly keys: GossipKeyring | undefined;
}

/** The client half of an agent, as the HTTP API needs it. */
export interface ClientFacts {
  readonly nodeID: NodeID;
  readonly endpoints: ClientEndpoints;
  /** RPC addresses of the servers the client knows, as `host:port`. */
  servers(): readonly string[];
  /** Adds to the known servers; an address that cannot be resolved is logged and left out. */
  addServers(addresses: readonly string[]): Promise<void>;
}

/** What is measured in the agent, as the HTTP API needs it. */
export interface MetricsFacts {
  summary(): Promise<MetricsSummary>;
  /** The same as text for Prometheus, in pieces; undefined where the operator does not want that. */
  readonly prometheus: (() => Promise<readonly string[]>) | undefined;
}

/** What the HTTP API must know of the agent that serves it. */
export interface AgentFacts {
  readonly name: string;
  readonly region: string;
  readonly datacenter: string;
  self(): AgentSelf;
  /** Undefined where nothing is measured. */
  readonly metrics?: MetricsFacts;
  /** Undefined when the agent runs no server. */
  readonly server?: ServerFacts;
  /** Undefined when the agent runs no client. */
  readonly client?: ClientFacts;
}
