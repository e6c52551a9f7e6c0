import {
  defaultQueryOptions,
  getPeers,
  noClusterLeader,
  type QueryOptions,
  type RpcCaller,
  RpcError,
} from "../api/index.ts";
import { type Duration, formatGoDuration, type Happening } from "../base/index.ts";
import type { Member, RaftStats } from "../raft/index.ts";
import type { Snapshots } from "../rpc/index.ts";
import type { Gauge } from "../runtime/index.ts";
import { State } from "../state/index.ts";
import { type Cluster, loneCluster } from "./cluster.ts";
import { allSchedulers, type ServerConfig } from "./config.ts";
import type { Endpoint, ServerContext } from "./endpoint.ts";
import { allocationEndpoints } from "./endpoints/allocations.ts";
import { evaluationEndpoints } from "./endpoints/evaluations.ts";
import { explainEndpoints } from "./endpoints/explain.ts";
import { jobEndpoints } from "./endpoints/jobs.ts";
import { nodeEndpoints } from "./endpoints/nodes.ts";
import { operatorEndpoints } from "./endpoints/operator.ts";
import { schedulerEndpoints } from "./endpoints/scheduler.ts";
import { searchEndpoints } from "./endpoints/search.ts";
import { statusEndpoints } from "./endpoints/status.ts";
import { foundCluster } from "./found-cluster.ts";
import { Leadership } from "./leadership/leadership.ts";
import { RaftMembership } from "./leadership/raft-membership.ts";
import { leaveCluster } from "./leave-cluster.ts";
import type { KnownServer } from "./membership/known-servers.ts";
import type { Membership } from "./membership/membership.ts";
import { RaftSeat } from "./raft-seat.ts";
import { LoggedState, type ReplicatedState } from "./replicated-state.ts";
import { RequestPipeline } from "./request-pipeline.ts";
import type { ServerRuntime } from "./server-runtime.ts";
import { ServerSnapshots } from "./snapshots.ts";
import { Turnstile } from "./turnstile.ts";
import { defaultAges } from "./workers/collect-garbage.ts";
import { EvaluationWorker } from "./workers/evaluation-worker.ts";
import { InlinePool } from "./workers/scheduler-pool.ts";

const anyServer: QueryOptions = { ...defaultQueryOptions, allowStale: true };

/** A running server. */
export interface Server {
  /** Asks this server. */
  readonly rpc: RpcCaller;
  readonly snapshots: Snapshots;
  readonly membership: Membership;
  /** The state as this server has it, for those that watch over the whole, such as the simulator. */
  readonly state: ReplicatedState;
  /** Sections of `agent-info`: `nomad`, `raft` and `serf`. */
  statistics(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The Raft configuration in force here. */
  raftMembers(): readonly Member[];
  /** Lets another server of the Raft configuration lead, by its name there. Throws `NotLeader` when this one does not lead. */
  transferLeadership(to: string): void;
  /** Tells the other servers that this one goes for good. */
  leave(): Promise<void>;
  /** Ends everything; resolves when all of it has. */
  close(): Promise<void>;
}

/**
 * Starts a server. Resolves before there is a leader. `fatal` is called when it cannot go on with a state it can vouch
 * for.
 */
export async function startServer(
  runtime: ServerRuntime,
  config: ServerConfig,
  fatal: (error: unknown) => void,
  cluster: Cluster = loneCluster(runtime, config),
): Promise<Server> {
  const ended = new AbortController();
  const { membership, forwarding } = cluster;
  const state: LoggedState = new LoggedState(
    runtime.clock,
    new State(),
    (data, patience) => seat.propose(data, patience),
    runtime.metrics,
  );
  const seat: RaftSeat = new RaftSeat(
    (bootstrap) => cluster.openRaft(bootstrap, state, fatal),
    (role) => leadership.follow(role),
  );
  const servers = { known: () => membership.servers(), changed: membership.changed };
  const leadership: Leadership = new Leadership(
    runtime,
    state,
    config,
    { barrier: () => seat.barrier(), fatal },
    (tenure) => (config.bootstrap ? [] : [new RaftMembership(tenure, seat, servers)]),
  );
  const context: ServerContext = {
    config,
    runtime,
    state,
    leadership,
    membership,
    forwarding,
    turnstile: new Turnstile(runtime.clock),
    leaderAddress: () => seat.leader,
    lastContact: () => seat.stats()?.last_contact ?? (0 as Duration),
    upToDate: () => seat.readIndex(),
    raft: seat,
  };
  const rpc = new RequestPipeline(context, allEndpoints(context), ended.signal);
  const snapshots = new ServerSnapshots({
    clock: runtime.clock,
    state,
    raft: seat,
    elsewhere: async ({ writes, ...options }, signal) => {
      const rule = { answeredBy: "leader", access: writes ? "write" : "read", staleNeedsNoLeader: true } as const;
      const other = await rpc.elsewhere(rule, options, signal);
      return other?.forwarding.snapshots(runtime.clock, other.address);
    },
    freshness: () => ({
      knownLeader: context.leaderAddress() !== "",
      lastContact: leadership.leads ? 0 : context.lastContact(),
    }),
  });
  const self: Member = { id: cluster.id, address: config.rpcAddress, voter: true };
  try {
    await cluster.serve(rpc, snapshots);
    await seat.take(config.bootstrap ? [self] : []);
  } catch (error) {
    await membership.close();
    await cluster.close();
    throw error;
  }
  const founding = foundAndTake({ context, seat, self, servers }, ended.signal).catch(fatal);
  const workers = startWorkers(context, rpc, ended.signal).catch(fatal);
  if (config.bootstrap) announceServers(context);
  const endMeasuring = runtime.metrics.observe(function* () {
    yield* raftGauges(seat.stats());
    yield { name: stateIndex, value: state.view().index };
  });
  const close = async () => {
    endMeasuring();
    runtime.log.named("nomad").info("shutting down server");
    await membership.close();
    ended.abort(new RpcError(noClusterLeader));
    // None waits for another: Raft refuses what duties and workers still wait to see logged.
    await Promise.all([leadership.close(), seat.close(), workers, founding]);
    await cluster.close();
  };
  let closed: Promise<void> | undefined;
  return {
    rpc,
    snapshots,
    membership,
    state,
    statistics: () => ({
      nomad: nomadStatistics(context),
      raft: raftStatistics(
        seat.stats(),
        seat.members.map(({ address }) => address),
      ),
      serf: membership.statistics(),
    }),
    raftMembers: () => seat.members,
    transferLeadership: (to) => seat.transferLeadership(to),
    leave: () => leaveCluster(context, servers.known, ended.signal),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

const stateIndex = ["state", "snapshotIndex"];
const raftNames = {
  applied: ["raft", "appliedIndex"],
  last: ["raft", "lastIndex"],
  pending: ["raft", "fsm", "pending"],
  peers: ["raft", "peers"],
};

function* raftGauges(stats: RaftStats | undefined): Iterable<Gauge> {
  if (stats === undefined) return;
  yield { name: raftNames.applied, value: stats.applied_index };
  yield { name: raftNames.last, value: stats.last_log_index };
  yield { name: raftNames.pending, value: stats.fsm_pending };
  yield { name: raftNames.peers, value: stats.num_peers };
}

/** A server of a new cluster waits for the others it is to begin with. */
async function foundAndTake(
  founder: {
    readonly context: ServerContext;
    readonly seat: RaftSeat;
    readonly self: Member;
    readonly servers: { readonly known: () => readonly KnownServer[]; readonly changed: Happening };
  },
  signal: AbortSignal,
): Promise<void> {
  const { seat, self, servers } = founder;
  const { config, runtime, forwarding } = founder.context;
  if (config.bootstrap || forwarding === undefined) return;
  const founders = await foundCluster(
    {
      config,
      self,
      clock: runtime.clock,
      servers: servers.known,
      serversChanged: servers.changed,
      isMember: () => seat.members.length > 0,
      peersOf: (address) => forwarding.to(address, getPeers, {}, anyServer, signal),
    },
    signal,
  );
  if (founders === undefined || seat.members.length > 0 || signal.aborted) return;
  runtime.log.named("nomad").info("founding a cluster", { servers: founders.map(({ id }) => id) });
  await seat.take(founders);
}

function allEndpoints(context: ServerContext): readonly Endpoint[] {
  return [
    ...statusEndpoints(context),
    ...nodeEndpoints(context),
    ...jobEndpoints(context),
    ...allocationEndpoints(context),
    ...evaluationEndpoints(context),
    ...explainEndpoints(context),
    ...operatorEndpoints(context),
    ...schedulerEndpoints(context),
    ...searchEndpoints(context),
  ];
}

/** Resolves when all workers have ended. */
async function startWorkers(context: ServerContext, rpc: RpcCaller, signal: AbortSignal): Promise<void> {
  const { runtime, config, state } = context;
  const { workers, schedulers } = config;
  const log = runtime.log.named("nomad");
  log.info(`starting ${workers} scheduling worker(s) for [${schedulers.join(" ")}]`);
  const unknown = schedulers.filter((name) => !allSchedulers.includes(name));
  if (unknown.length > 0) log.warn("no scheduler has such a name", { unknown, known: allSchedulers });
  const ages = { ...defaultAges, node: config.nodeCollectionAge };
  const collaborators = { rpc, state, pool: new InlinePool(runtime.clock) };
  const crew = Array.from({ length: workers }, () =>
    new EvaluationWorker(runtime, collaborators, { schedulers, ages }).run(signal),
  );
  await Promise.all(crew);
}

function announceServers({ runtime, membership }: ServerContext): void {
  for (const { Name, Addr, Tags } of membership.members()) {
    const address = `${Addr}:${Tags.port}`;
    runtime.log.named("nomad").info(`adding server ${Name} (Addr: ${address}) (DC: ${Tags.dc})`);
  }
}

function nomadStatistics(context: ServerContext): Readonly<Record<string, string>> {
  return {
    bootstrap: String(!context.config.bootstrap && context.config.bootstrapExpect === 1),
    known_regions: String(context.membership.regions().length),
    leader: String(context.leadership.leads),
    leader_addr: context.leaderAddress(),
    server: "true",
  };
}

function raftStatistics(stats: RaftStats | undefined, peers: readonly string[]): Readonly<Record<string, string>> {
  if (stats === undefined) return { state: "Shutdown" };
  const { last_contact, ...figures } = stats;
  const texts = Object.entries(figures).map(([name, value]) => [name, String(value)] as const);
  const contact = last_contact === undefined ? "never" : formatGoDuration(last_contact);
  return Object.fromEntries([...texts, ["last_contact", contact], ["raft_peers", peers.join(",")]]);
}
