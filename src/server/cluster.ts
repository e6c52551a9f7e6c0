import { requestUnpacker, rpcMethods } from "../api/index.ts";
import { type Happening, milliseconds, seconds } from "../base/index.ts";
import {
  type Member,
  MemoryLogStore,
  noPeers,
  openRaftStorage,
  RaftHost,
  type RaftParts,
  type RaftStorage,
  raftTransport,
} from "../raft/index.ts";
import { firstByte, type KeepAlive, RpcListener, RpcPool, type Snapshots, serveSnapshots } from "../rpc/index.ts";
import type { Databases, Runtime } from "../runtime/index.ts";
import { maySpeakRaft } from "./admission.ts";
import type { ServerConfig } from "./config.ts";
import { Forwarding } from "./forwarding.ts";
import { GossipMembership } from "./membership/gossip-membership.ts";
import type { KnownServer } from "./membership/known-servers.ts";
import { LoneMembership } from "./membership/lone-membership.ts";
import type { Membership } from "./membership/membership.ts";
import type { LoggedState } from "./replicated-state.ts";
import { type AnswersToWrite, rpcHandlers } from "./rpc-service.ts";
import type { ServerRuntime } from "./server-runtime.ts";

/** Servers among others keep their log in a database. */
export type ClusterRuntime = Runtime & { readonly databases: Databases };

/** Servers that cannot be reached, or have fallen silent, are found out while who asks still waits for an answer. */
const dialTimeout = milliseconds(1500);
const keepAlive: KeepAlive = { every: seconds(2), timeout: seconds(2) };

type NetworkTransport = ReturnType<typeof raftTransport>;

/** What is around a server: the others, the ways to them, and where it keeps its log. */
export interface Cluster {
  /** This server's name in the Raft configuration. */
  readonly id: string;
  readonly membership: Membership & { servers(): readonly KnownServer[]; readonly changed: Happening };
  /** Undefined when there is nobody to hand a question on to. */
  readonly forwarding: Forwarding | undefined;
  /** Takes part in Raft; `bootstrap` is the configuration of a new cluster. */
  openRaft(bootstrap: readonly Member[], state: LoggedState, fatal: (error: unknown) => void): Promise<RaftHost>;
  /** Lets others ask, from now on. Rejects when the address cannot be bound. */
  serve(rpc: AnswersToWrite, snapshots: Snapshots): Promise<void>;
  /** Ends the ways to the others; the membership is its owner's to end. */
  close(): Promise<void>;
}

/** Nobody else, and a log in memory: a development agent. */
export function loneCluster(runtime: ServerRuntime, config: ServerConfig): Cluster {
  const membership = new LoneMembership(runtime, config);
  const id = config.rpcAddress;
  return {
    id,
    membership,
    forwarding: undefined,
    openRaft: (bootstrap, stateMachine, onFatal) =>
      RaftHost.open(
        runtime,
        { store: new MemoryLogStore(), transport: noPeers, stateMachine },
        { ...raftOptions(config, id, onFatal), bootstrap },
      ),
    serve: async () => {},
    close: async () => {},
  };
}

/** Servers that find each other by gossip and keep their log on disk. */
export async function networkCluster(runtime: ClusterRuntime, config: ServerConfig): Promise<Cluster> {
  requireAdvertisable(config.rpcAddress);
  const pool = new RpcPool(runtime, { dialTimeout, keepAlive });
  let kept: Kept | undefined = await openKept(runtime, config);
  const { id } = kept;
  const membership = await GossipMembership.start(runtime, config, id).catch(async (error: unknown) => {
    await kept?.store.close();
    throw error;
  });
  const alive = (region: string) =>
    membership.servers().filter((server) => server.region === region && server.status === "alive");
  let transport: NetworkTransport | undefined;
  let listener: RpcListener | undefined;
  return {
    id,
    membership,
    forwarding: new Forwarding(pool, runtime.random, (region) => alive(region).map(({ rpcAddress }) => rpcAddress)),
    openRaft: async (bootstrap, state, onFatal) => {
      transport = raftTransport(runtime, {
        id,
        address: config.rpcAddress,
        connect: (address, signal) => pool.connect(address, firstByte.raft, signal),
        admits: (caller) => maySpeakRaft(caller, alive(config.region)),
      });
      const { store, snapshots } = kept ?? (await openKept(runtime, config));
      kept = undefined;
      return RaftHost.open(
        runtime,
        {
          store,
          transport,
          stateMachine: state,
          snapshots: snapshots && { store: snapshots, state, policy: config.snapshots },
        },
        { ...raftOptions(config, id, onFatal), bootstrap },
      );
    },
    serve: async (rpc, snapshots) => {
      const methods = Object.values(rpcMethods);
      listener = await RpcListener.listen(runtime, config.rpcBind, {
        handlers: rpcHandlers(methods, rpc),
        unpack: requestUnpacker(methods),
        protocols: new Map([
          [
            firstByte.raft,
            async (connection) => {
              runtime.metrics.count(raftHandoff);
              return transport?.accept(connection);
            },
          ],
          [firstByte.snapshot, (connection) => serveSnapshots(runtime.clock, connection, snapshots)],
        ]),
        mostPerAddress: config.rpcConnectionsPerAddress,
      });
    },
    close: async () => {
      await listener?.close();
      await pool.close();
      await kept?.store.close();
    },
  };
}

const raftHandoff = ["nomad", "rpc", "raft_handoff"];

/** Others must be able to reach what a server tells them; `0.0.0.0` is a place to listen, not an address. */
function requireAdvertisable(address: string): void {
  if (!/^(0\.0\.0\.0|\[::\]):/.test(address)) return;
  throw new Error(
    `Failed to start RPC layer: RPC advertise address is not advertisable: ${address}; set advertise { rpc = "host:port" }`,
  );
}

/** What a server keeps of Raft while it runs, and longer if it has a directory for it. */
interface Kept {
  readonly id: string;
  readonly store: RaftParts["store"];
  readonly snapshots?: RaftStorage["snapshots"];
}

async function openKept(
  runtime: ClusterRuntime,
  { dataDirectory, rpcAddress, snapshots: habits }: ServerConfig,
): Promise<Kept> {
  if (dataDirectory === undefined) return { id: runtime.random.uuid(), store: new MemoryLogStore() };
  const { id = rpcAddress, ...storage } = await openRaftStorage(runtime, `${dataDirectory}/raft`, habits);
  return { id, ...storage };
}

function raftOptions({ rpcAddress, bootstrap }: ServerConfig, id: string, onFatal: (error: unknown) => void) {
  return { id, address: rpcAddress, electImmediatelyWhenAlone: bootstrap, onFatal };
}
