import { binaryFields, type RpcCaller, rpcMethods } from "../api/index.ts";
import type { Happening } from "../base/index.ts";
import {
  type Member,
  MemoryLogStore,
  noPeers,
  openRaftStorage,
  RaftHost,
  type RaftParts,
  raftTransport,
} from "../raft/index.ts";
import { firstByte, RpcListener, RpcPool } from "../rpc/index.ts";
import type { Databases, Runtime } from "../runtime/index.ts";
import type { ServerConfig } from "./config.ts";
import { Forwarding } from "./forwarding.ts";
import { GossipMembership } from "./membership/gossip-membership.ts";
import type { KnownServer } from "./membership/known-servers.ts";
import { LoneMembership } from "./membership/lone-membership.ts";
import type { Membership } from "./membership/membership.ts";
import type { LoggedState } from "./replicated-state.ts";
import { rpcHandlers } from "./rpc-service.ts";
import type { ServerRuntime } from "./server-runtime.ts";

/** Servers among others keep their log in a database. */
export type ClusterRuntime = Runtime & { readonly databases: Databases };

type RaftPart = Omit<RaftParts, "stateMachine" | "snapshots">;
type NetworkTransport = ReturnType<typeof raftTransport>;

/** What is around a server: the others, the ways to them, and where it keeps its log. */
export interface Cluster {
  readonly membership: Membership & { servers(): readonly KnownServer[]; readonly changed: Happening };
  /** Undefined when there is nobody to hand a question on to. */
  readonly forwarding: Forwarding | undefined;
  /** Takes part in Raft; `bootstrap` is the configuration of a new cluster. */
  openRaft(bootstrap: readonly Member[], state: LoggedState, fatal: (error: unknown) => void): Promise<RaftHost>;
  /** Lets others ask, from now on. Rejects when the address cannot be bound. */
  serve(rpc: RpcCaller): Promise<void>;
  /** Ends the ways to the others; the membership is its owner's to end. */
  close(): Promise<void>;
}

/** Nobody else, and a log in memory: a development agent. */
export function loneCluster(runtime: ServerRuntime, config: ServerConfig): Cluster {
  const membership = new LoneMembership(runtime, config);
  return {
    membership,
    forwarding: undefined,
    openRaft: (bootstrap, stateMachine, onFatal) =>
      RaftHost.open(
        runtime,
        { store: new MemoryLogStore(), transport: noPeers, stateMachine },
        { ...raftOptions(config, onFatal), bootstrap },
      ),
    serve: async () => {},
    close: async () => {},
  };
}

/** Servers that find each other by gossip and keep their log on disk. */
export async function networkCluster(runtime: ClusterRuntime, config: ServerConfig): Promise<Cluster> {
  requireAdvertisable(config.rpcAddress);
  const pool = new RpcPool(runtime, { binary: binaryFields });
  const membership = await GossipMembership.start(runtime, config);
  const alive = (region: string) =>
    membership.servers().filter((server) => server.region === region && server.status === "alive");
  let transport: NetworkTransport | undefined;
  let listener: RpcListener | undefined;
  return {
    membership,
    forwarding: new Forwarding(pool, runtime.random, (region) => alive(region).map(({ rpcAddress }) => rpcAddress)),
    openRaft: async (bootstrap, state, onFatal) => {
      const isServer = (address: string) => alive(config.region).some(({ rpcAddress }) => rpcAddress === address);
      transport = raftTransport(runtime, {
        id: config.rpcAddress,
        address: config.rpcAddress,
        connect: (address, signal) => pool.connect(address, firstByte.raft, signal),
        admits: ({ from, isMember }) => isMember || isServer(from),
      });
      const { parts, snapshots } = await keptParts(runtime, config);
      return RaftHost.open(
        runtime,
        { ...parts, transport, stateMachine: state, snapshots: snapshots && { store: snapshots, state } },
        { ...raftOptions(config, onFatal), bootstrap },
      );
    },
    serve: async (rpc) => {
      listener = await RpcListener.listen(runtime, config.rpcBind, {
        handlers: rpcHandlers(Object.values(rpcMethods), rpc),
        protocols: new Map([[firstByte.raft, async (connection) => transport?.accept(connection)]]),
        binary: binaryFields,
      });
    },
    close: async () => {
      await listener?.close();
      await pool.close();
    },
  };
}

/** Others must be able to reach what a server tells them; `0.0.0.0` is a place to listen, not an address. */
function requireAdvertisable(address: string): void {
  if (!/^(0\.0\.0\.0|\[::\]):/.test(address)) return;
  throw new Error(
    `Failed to start RPC layer: RPC advertise address is not advertisable: ${address}; set advertise { rpc = "host:port" }`,
  );
}

async function keptParts(
  runtime: ClusterRuntime,
  { dataDirectory }: ServerConfig,
): Promise<{
  parts: Omit<RaftPart, "transport">;
  snapshots?: Awaited<ReturnType<typeof openRaftStorage>>["snapshots"];
}> {
  if (dataDirectory === undefined) return { parts: { store: new MemoryLogStore() } };
  const { store, snapshots } = await openRaftStorage(runtime, `${dataDirectory}/raft`);
  return { parts: { store }, snapshots };
}

function raftOptions(config: ServerConfig, onFatal: (error: unknown) => void) {
  const { rpcAddress } = config;
  return { id: rpcAddress, address: rpcAddress, electImmediatelyWhenAlone: config.bootstrap, onFatal };
}
