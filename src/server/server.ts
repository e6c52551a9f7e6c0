import { noClusterLeader, type RpcCaller, RpcError } from "../api/index.ts";
import { type Duration, formatGoDuration } from "../base/index.ts";
import { MemoryLogStore, noPeers, RaftHost, type RaftStats } from "../raft/index.ts";
import { State } from "../state/index.ts";
import type { ServerConfig } from "./config.ts";
import type { Endpoint, ServerContext } from "./endpoint.ts";
import { allocationEndpoints } from "./endpoints/allocations.ts";
import { evaluationEndpoints } from "./endpoints/evaluations.ts";
import { jobEndpoints } from "./endpoints/jobs.ts";
import { nodeEndpoints } from "./endpoints/nodes.ts";
import { statusEndpoints } from "./endpoints/status.ts";
import { Leadership } from "./leadership/leadership.ts";
import { LoneMembership } from "./membership/lone-membership.ts";
import type { Membership } from "./membership/membership.ts";
import { LoggedState, type ReplicatedState } from "./replicated-state.ts";
import { RequestPipeline } from "./request-pipeline.ts";
import type { ServerRuntime } from "./server-runtime.ts";
import { defaultAges } from "./workers/collect-garbage.ts";
import { EvaluationWorker } from "./workers/evaluation-worker.ts";
import { InlinePool } from "./workers/scheduler-pool.ts";

/** A running server. */
export interface Server {
  /** Asks this server. */
  readonly rpc: RpcCaller;
  readonly membership: Membership;
  /** The state as this server has it, for those that watch over the whole, such as the simulator. */
  readonly state: ReplicatedState;
  /** Sections of `agent-info`: `nomad`, `raft` and `serf`. */
  statistics(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Tells the other servers that this one goes for good. */
  leave(): Promise<void>;
  /** Ends everything; resolves when all of it has. */
  close(): Promise<void>;
}

/** Starts a server. `fatal` is called when it cannot go on with a state it can vouch for. */
export async function startServer(
  runtime: ServerRuntime,
  config: ServerConfig,
  fatal: (error: unknown) => void,
): Promise<Server> {
  const ended = new AbortController();
  const state: LoggedState = new LoggedState(runtime.clock, new State(), (data) => raft.propose(data));
  const raft = await openRaft(runtime, config, state, fatal);
  const membership = new LoneMembership(runtime, config);
  const leadership = new Leadership(runtime, state, config, { barrier: () => raft.barrier(), fatal });
  const context: ServerContext = {
    config,
    runtime,
    state,
    leadership,
    membership,
    leaderAddress: () => raft.leader ?? "",
    lastContact: () => raft.stats().last_contact ?? (0 as Duration),
    raftPeers: () => raft.members.map((member) => member.address),
  };
  const rpc = new RequestPipeline(context, allEndpoints(context), ended.signal);
  const stopFollowing = raft.onRole((role) => leadership.follow(role));
  leadership.follow(raft.role);
  const workers = startWorkers(context, rpc, ended.signal).catch(fatal);
  announceServers(context);
  const close = async () => {
    runtime.log.named("nomad").info("shutting down server");
    membership.close();
    ended.abort(new RpcError(noClusterLeader));
    stopFollowing();
    // Raft goes first: it refuses what duties and workers still wait to see logged.
    await Promise.all([leadership.close(), raft.close(), workers]);
  };
  let closed: Promise<void> | undefined;
  return {
    rpc,
    membership,
    state,
    statistics: () => ({
      nomad: nomadStatistics(context),
      raft: raftStatistics(raft.stats(), context.raftPeers()),
      serf: membership.statistics(),
    }),
    leave: () => membership.leave(),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function openRaft(
  runtime: ServerRuntime,
  config: ServerConfig,
  stateMachine: LoggedState,
  onFatal: (error: unknown) => void,
): Promise<RaftHost> {
  const id = config.rpcAddress;
  const self = { id, address: config.rpcAddress, voter: true };
  return RaftHost.open(
    runtime,
    { store: new MemoryLogStore(), transport: noPeers, stateMachine },
    {
      id,
      address: config.rpcAddress,
      bootstrap: config.bootstrap ? [self] : [],
      electImmediatelyWhenAlone: config.bootstrap,
      onFatal,
    },
  );
}

function allEndpoints(context: ServerContext): readonly Endpoint[] {
  return [
    ...statusEndpoints(context),
    ...nodeEndpoints(context),
    ...jobEndpoints(context),
    ...allocationEndpoints(context),
    ...evaluationEndpoints(context),
  ];
}

/** Resolves when all workers have ended. */
async function startWorkers(context: ServerContext, rpc: RpcCaller, signal: AbortSignal): Promise<void> {
  const { runtime, config, state } = context;
  const { workers, schedulers } = config;
  runtime.log.named("nomad").info(`starting ${workers} scheduling worker(s) for [${schedulers.join(" ")}]`);
  const ages = { ...defaultAges, node: config.nodeCollectionAge };
  const collaborators = { rpc, state, pool: new InlinePool() };
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
    bootstrap: String(context.config.bootstrap),
    known_regions: String(context.membership.regions().length),
    leader: String(context.leadership.leads),
    leader_addr: context.leaderAddress(),
    server: "true",
  };
}

function raftStatistics(stats: RaftStats, peers: readonly string[]): Readonly<Record<string, string>> {
  const { last_contact, ...figures } = stats;
  const texts = Object.entries(figures).map(([name, value]) => [name, String(value)] as const);
  const contact = last_contact === undefined ? "never" : formatGoDuration(last_contact);
  return Object.fromEntries([...texts, ["last_contact", contact], ["raft_peers", peers.join(",")]]);
}
