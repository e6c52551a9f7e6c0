import { type Duration, formatGoDuration, milliseconds } from "../base/index.ts";
import * as agent from "./http/agent.ts";
import * as allocations from "./http/allocations.ts";
import * as client from "./http/client.ts";
import type { Origin, StreamFrame } from "./http/client-shapes.ts";
import * as debug from "./http/debug.ts";
import * as evaluations from "./http/evaluations.ts";
import * as explain from "./http/explain.ts";
import { framesIn } from "./http/frames.ts";
import * as jobFiles from "./http/job-files.ts";
import * as jobs from "./http/jobs.ts";
import * as nodes from "./http/nodes.ts";
import * as openAPI from "./http/openapi.ts";
import * as operator from "./http/operator.ts";
import { proven } from "./http/proven.ts";
import { type AskingRoute, filled, type LocalRoute, type MethodName } from "./http/route.ts";
import * as scheduler from "./http/scheduler.ts";
import * as search from "./http/search.ts";
import * as snapshot from "./http/snapshot.ts";
import * as status from "./http/status.ts";
import type {
  AgentHealth,
  AgentSelf,
  Allocation,
  AllocationListStub,
  AllocationUsage,
  Evaluation,
  Explanation,
  FileInfo,
  GossipKeys,
  HostStats,
  Job,
  JobChange,
  JobInput,
  JobListStub,
  JobPlan,
  JobSummary,
  JobValidation,
  JoinResult,
  LeadershipTransfer,
  Member,
  MetricsSummary,
  Node,
  NodeDrainUpdate,
  NodeEligibilityUpdate,
  NodeEvaluation,
  NodeListStub,
  PeriodicLaunch,
  RaftConfiguration,
  SchedulerConfigurationInput,
  SchedulerConfigurationRead,
  SchedulerConfigurationUpdate,
  SearchMatches,
  ServerMembers,
} from "./shapes.ts";

/** Carries requests to one agent and brings its answers: over a socket, or in the same process. */
export interface Transport {
  send(request: {
    readonly method: string;
    /** Path and query, escaped. */
    readonly target: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** A text, or bytes as they come. */
    readonly body?: string | AsyncIterable<Uint8Array>;
    readonly signal?: AbortSignal;
  }): Promise<{
    readonly status: number;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    readonly body: AsyncIterable<Uint8Array>;
  }>;
}

/** What may be said with any question. */
export interface AskOptions {
  readonly region?: string;
  readonly namespace?: string;
  /** Of lists: only what begins with this. */
  readonly prefix?: string;
  /** Answer only when there is something newer than this index, or when `wait` is over. */
  readonly index?: number;
  readonly wait?: Duration;
  /** Any server may answer, even without a leader. */
  readonly stale?: boolean;
  readonly signal?: AbortSignal;
}

/** An answer with what is known of its freshness. Index 0 where the path tells none. */
export interface Answered<Value> {
  /** As the agent sent it, unchecked. One of another make may send `null` where ours sends an empty list. */
  readonly value: Value;
  readonly index: number;
  readonly knownLeader: boolean;
  /** Since the answering server heard from the leader. */
  readonly lastContact: Duration;
}

/** The agent refused: the status and text of its answer. */
export class UnexpectedStatus extends Error {
  override readonly name = "UnexpectedStatus";
  readonly status: number;
  /** What the agent said. */
  readonly text: string;

  constructor(status: number, text: string) {
    super(`Unexpected response code: ${status} (${text})`);
    this.status = status;
    this.text = text;
  }
}

/** What is asked of a drain: null ends it, and `MarkEligible` then has the node take work again. */
export interface DrainUpdate {
  readonly DrainSpec: { readonly Deadline: number; readonly IgnoreSystemJobs: boolean } | null;
  readonly MarkEligible?: boolean;
}

/** A job as it is asked with: whatever is left out has its default. */
export type JobWithID = JobInput & { readonly ID: string };

type Values = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

interface Asked {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Values;
  readonly body?: unknown;
}

/**
 * Asks an agent by its HTTP API: one function for each of the routes that `http/` describes. Every function rejects
 * with `UnexpectedStatus` when the agent refuses, and with the transport's error when it cannot be reached.
 */
export class Nomad {
  readonly #transport: Transport;
  readonly #defaults: AskOptions;

  /** `defaults` go with every question. */
  constructor(transport: Transport, defaults: AskOptions = {}) {
    this.#transport = transport;
    this.#defaults = defaults;
  }

  readonly jobs = {
    list: (options?: AskOptions): Promise<Answered<readonly JobListStub[]>> => this.#ask(jobs.listJobs, {}, options),
    get: (JobID: string, options?: AskOptions): Promise<Answered<Job>> =>
      this.#ask(jobs.getJob, { path: { JobID } }, options),
    /** With `enforceIndex` only if the job is still at that `JobModifyIndex`; 0 means that it must be new. */
    register: (
      Job: JobWithID,
      { enforceIndex, ...options }: AskOptions & { readonly enforceIndex?: number } = {},
    ): Promise<Answered<JobChange>> => {
      const enforced = enforceIndex === undefined ? {} : { EnforceIndex: true, JobModifyIndex: enforceIndex };
      return this.#ask(jobs.registerJob, { body: { Job, ...enforced } }, options);
    },
    plan: (
      Job: JobWithID,
      { diff = true, ...options }: AskOptions & { readonly diff?: boolean } = {},
    ): Promise<Answered<JobPlan>> =>
      this.#ask(jobs.planJob, { path: { JobID: Job.ID }, body: { Job, Diff: diff } }, options),
    /** With `purge` its record goes at once, else it stays, dead, until it is collected. */
    deregister: (
      JobID: string,
      { purge, ...options }: AskOptions & { readonly purge: boolean },
    ): Promise<Answered<JobChange>> => this.#ask(jobs.deregisterJob, { path: { JobID }, query: { purge } }, options),
    allocations: (JobID: string, options?: AskOptions): Promise<Answered<readonly AllocationListStub[]>> =>
      this.#ask(jobs.getJobAllocations, { path: { JobID } }, options),
    evaluations: (JobID: string, options?: AskOptions): Promise<Answered<readonly Evaluation[]>> =>
      this.#ask(jobs.getJobEvaluations, { path: { JobID } }, options),
    summary: (JobID: string, options?: AskOptions): Promise<Answered<JobSummary>> =>
      this.#ask(jobs.getJobSummary, { path: { JobID } }, options),
    explain: (JobID: string, options?: AskOptions): Promise<Answered<Explanation>> =>
      this.#ask(explain.explainJob, { path: { JobID } }, options),
    evaluate: (JobID: string, options?: AskOptions): Promise<Answered<JobChange>> =>
      this.#ask(jobs.evaluateJob, { path: { JobID } }, options),
    forcePeriodic: (JobID: string, options?: AskOptions): Promise<Answered<PeriodicLaunch>> =>
      this.#ask(jobs.forcePeriodic, { path: { JobID } }, options),
  };

  readonly nodes = {
    list: (options?: AskOptions): Promise<Answered<readonly NodeListStub[]>> => this.#ask(nodes.listNodes, {}, options),
    get: (NodeID: string, options?: AskOptions): Promise<Answered<Node>> =>
      this.#ask(nodes.getNode, { path: { NodeID } }, options),
    allocations: (NodeID: string, options?: AskOptions): Promise<Answered<readonly Allocation[]>> =>
      this.#ask(nodes.getNodeAllocations, { path: { NodeID } }, options),
    evaluate: (NodeID: string, options?: AskOptions): Promise<Answered<NodeEvaluation>> =>
      this.#ask(nodes.evaluateNode, { path: { NodeID } }, options),
    /** `eligible` or `ineligible`. */
    setEligibility: (
      NodeID: string,
      Eligibility: string,
      options?: AskOptions,
    ): Promise<Answered<NodeEligibilityUpdate>> =>
      this.#ask(nodes.updateNodeEligibility, { path: { NodeID }, body: { NodeID, Eligibility } }, options),
    drain: (
      NodeID: string,
      { enable, ...options }: AskOptions & { readonly enable: boolean },
    ): Promise<Answered<NodeDrainUpdate>> =>
      this.#ask(nodes.updateNodeDrain, { path: { NodeID }, query: { enable } }, options),
    /** Unlike `drain` it begins one that ends by itself, when it is over. `Deadline` in nanoseconds. */
    updateDrain: (NodeID: string, update: DrainUpdate, options?: AskOptions): Promise<Answered<NodeDrainUpdate>> =>
      this.#ask(nodes.updateNodeDrain, { path: { NodeID }, body: { NodeID, ...update } }, options),
  };

  readonly allocations = {
    list: (options?: AskOptions): Promise<Answered<readonly AllocationListStub[]>> =>
      this.#ask(allocations.listAllocations, {}, options),
    get: (AllocID: string, options?: AskOptions): Promise<Answered<Allocation>> =>
      this.#ask(allocations.getAllocation, { path: { AllocID } }, options),
  };

  readonly evaluations = {
    list: (options?: AskOptions): Promise<Answered<readonly Evaluation[]>> =>
      this.#ask(evaluations.listEvaluations, {}, options),
    get: (EvalID: string, options?: AskOptions): Promise<Answered<Evaluation>> =>
      this.#ask(evaluations.getEvaluation, { path: { EvalID } }, options),
    allocations: (EvalID: string, options?: AskOptions): Promise<Answered<readonly AllocationListStub[]>> =>
      this.#ask(evaluations.getEvaluationAllocations, { path: { EvalID } }, options),
    explain: (EvalID: string, options?: AskOptions): Promise<Answered<Explanation>> =>
      this.#ask(explain.explainEvaluation, { path: { EvalID } }, options),
  };

  /** The IDs that begin with `Prefix`; `Context` is the kind, or `all`. */
  readonly search = (
    Prefix: string,
    { Context = "all", ...options }: AskOptions & { readonly Context?: string } = {},
  ): Promise<Answered<SearchMatches>> => this.#ask(search.searchPrefix, { body: { Prefix, Context } }, options);

  readonly status = {
    leader: (options?: AskOptions): Promise<Answered<string>> => this.#ask(status.getLeader, {}, options),
    peers: (options?: AskOptions): Promise<Answered<readonly string[]>> => this.#ask(status.getPeers, {}, options),
    regions: (options?: AskOptions): Promise<Answered<readonly string[]>> => this.#ask(status.listRegions, {}, options),
  };

  readonly system = {
    collectGarbage: (options?: AskOptions): Promise<Answered<undefined>> =>
      this.#ask(status.collectGarbage, {}, options),
    reconcileSummaries: (options?: AskOptions): Promise<Answered<undefined>> =>
      this.#ask(status.reconcileSummaries, {}, options),
  };

  readonly operator = {
    raftConfiguration: (options?: AskOptions): Promise<Answered<RaftConfiguration>> =>
      this.#ask(operator.raftConfiguration, {}, options),
    /** Names the server by one of the two. */
    removePeer: ({ id, address, ...options }: AskOptions & NamedPeer): Promise<Answered<undefined>> =>
      this.#ask(operator.removeRaftPeer, { query: { id, address } }, options),
    transferLeadership: ({ id, address, ...options }: AskOptions & NamedPeer): Promise<Answered<LeadershipTransfer>> =>
      this.#ask(operator.transferLeadership, { query: { id, address } }, options),
    schedulerConfiguration: (options?: AskOptions): Promise<Answered<SchedulerConfigurationRead>> =>
      this.#ask(scheduler.getSchedulerConfiguration, {}, options),
    /** With `cas` only if the configuration was last changed at that index; 0 means never. */
    setSchedulerConfiguration: (
      configuration: SchedulerConfigurationInput,
      { cas, ...options }: AskOptions & { readonly cas?: number } = {},
    ): Promise<Answered<SchedulerConfigurationUpdate>> =>
      this.#ask(scheduler.setSchedulerConfiguration, { query: { cas }, body: configuration }, options),
    /** The file of a snapshot. Its bytes end with an error when they are not those that the agent said it would send. */
    saveSnapshot: async (options?: AskOptions): Promise<AsyncIterable<Uint8Array>> => {
      const { headers, body } = await this.#send(snapshot.saveSnapshot, {}, options);
      return proven(body, headers.digest);
    },
    /** `file` is what `saveSnapshot` gave. */
    restoreSnapshot: async (file: AsyncIterable<Uint8Array>, options?: AskOptions): Promise<void> => {
      const { body } = await this.#send(snapshot.restoreSnapshot, { body: file }, options);
      await textOf(body);
    },
  };

  /** Job files and jobs that nobody has registered; the agent answers by itself. */
  readonly jobFiles = {
    /** A job file in text as a job; with `Canonicalize` what follows from its other fields is filled in too. */
    parse: (
      file: { readonly JobHCL: string; readonly Variables?: string; readonly Canonicalize?: boolean },
      options?: AskOptions,
    ): Promise<Answered<Job>> => this.#local(jobFiles.parseJobFile, { body: file }, options),
    validate: (Job: JobInput, options?: AskOptions): Promise<Answered<JobValidation>> =>
      this.#local(jobFiles.validateJob, { body: { Job } }, options),
  };

  readonly agent = {
    self: (options?: AskOptions): Promise<Answered<AgentSelf>> => this.#local(agent.agentSelf, {}, options),
    /** Whichever of the two shapes the agent sends. */
    members: async (options?: AskOptions): Promise<readonly Member[]> => {
      const { value } = await this.#local(agent.agentMembers, {}, options);
      return Array.isArray(value) ? value : (value as ServerMembers).Members;
    },
    servers: (options?: AskOptions): Promise<Answered<readonly string[]>> =>
      this.#local(agent.agentServers, {}, options),
    addServers: (address: readonly string[], options?: AskOptions): Promise<Answered<undefined>> =>
      this.#local(agent.addAgentServers, { query: { address } }, options),
    join: (address: readonly string[], options?: AskOptions): Promise<Answered<JoinResult>> =>
      this.#local(agent.joinServers, { query: { address } }, options),
    forceLeave: (node: string, options?: AskOptions): Promise<Answered<undefined>> =>
      this.#local(agent.forceLeave, { query: { node } }, options),
    health: (options?: AskOptions): Promise<Answered<AgentHealth>> => this.#local(agent.agentHealth, {}, options),
    metrics: (options?: AskOptions): Promise<Answered<MetricsSummary>> => this.#local(agent.agentMetrics, {}, options),
    /** The same as the agent writes it: JSON, or the text of a `format`, "prometheus". */
    writtenMetrics: ({
      format,
      pretty,
      ...options
    }: AskOptions & { readonly format?: string; readonly pretty?: boolean } = {}): Promise<AsyncIterable<Uint8Array>> =>
      this.#bytes(agent.agentMetrics, { query: { format, pretty: pretty === true ? "1" : undefined } }, options),
    /** A file or text of `profile`, `heap`, `goroutine` or `cmdline`, if the agent allows debugging. */
    profile: (
      Profile: string,
      { seconds, ...options }: AskOptions & { readonly seconds?: number } = {},
    ): Promise<AsyncIterable<Uint8Array>> =>
      this.#bytes(debug.debugProfile, { path: { Profile }, query: { seconds } }, options),
    gossipKeys: (options?: AskOptions): Promise<Answered<GossipKeys>> => this.#local(agent.gossipKeys, {}, options),
    installGossipKey: (Key: string, options?: AskOptions): Promise<Answered<GossipKeys>> =>
      this.#local(agent.installGossipKey, { body: { Key } }, options),
    useGossipKey: (Key: string, options?: AskOptions): Promise<Answered<GossipKeys>> =>
      this.#local(agent.useGossipKey, { body: { Key } }, options),
    /** What `/v1/openapi.json` says of the API. */
    openAPI: (options?: AskOptions): Promise<Answered<Readonly<Record<string, unknown>>>> =>
      this.#local(openAPI.openAPI, {}, options),
    removeGossipKey: (Key: string, options?: AskOptions): Promise<Answered<GossipKeys>> =>
      this.#local(agent.removeGossipKey, { body: { Key } }, options),
  };

  /** Answered only by the client that holds the allocation: ask the agent at the `HTTPAddr` of its node. */
  readonly client = {
    hostStats: ({ node_id, ...options }: AskOptions & OfNode = {}): Promise<Answered<HostStats | null>> =>
      this.#local(client.hostStats, { query: { node_id } }, options),
    allocationStats: (
      AllocID: string,
      { task, ...options }: AskOptions & { readonly task?: string } = {},
    ): Promise<Answered<AllocationUsage>> =>
      this.#local(client.allocationStats, { path: { AllocID }, query: { task } }, options),
    /** Removes the directory of an allocation that has ended. */
    collect: (AllocID: string, options?: AskOptions): Promise<Answered<void>> =>
      this.#local(client.collectAllocation, { path: { AllocID } }, options),
    /** The same of all that have ended on a node; without `node_id`, on that of the agent. */
    collectAll: ({ node_id, ...options }: AskOptions & OfNode = {}): Promise<Answered<void>> =>
      this.#local(client.collectAllocations, { query: { node_id } }, options),
    listDirectory: (AllocID: string, path: string, options?: AskOptions): Promise<Answered<readonly FileInfo[]>> =>
      this.#local(client.listDirectory, { path: { AllocID }, query: { path } }, options),
    statFile: (AllocID: string, path: string, options?: AskOptions): Promise<Answered<FileInfo>> =>
      this.#local(client.statFile, { path: { AllocID }, query: { path } }, options),
    readFile: (AllocID: string, path: string, options?: AskOptions): Promise<AsyncIterable<Uint8Array>> =>
      this.#bytes(client.readFile, { path: { AllocID }, query: { path } }, options),
    readFileAt: (
      AllocID: string,
      { signal, ...query }: { readonly path: string; readonly offset: number; readonly limit?: number } & Cancelled,
    ): Promise<AsyncIterable<Uint8Array>> => this.#bytes(client.readFileAt, { path: { AllocID }, query }, { signal }),
    /** Follows the file until it is deleted or the signal fires. Frames without a field are heartbeats. */
    streamFile: (
      AllocID: string,
      { signal, ...query }: { readonly path: string; readonly offset?: number; readonly origin?: Origin } & Cancelled,
    ): Promise<AsyncGenerator<StreamFrame, void>> =>
      this.#frames(client.streamFile, { path: { AllocID }, query }, { signal }),
    streamLogs: (
      AllocID: string,
      {
        signal,
        ...query
      }: {
        readonly task: string;
        readonly type: "stdout" | "stderr";
        readonly follow: boolean;
        readonly offset?: number;
        readonly origin?: Origin;
      } & Cancelled,
    ): Promise<AsyncGenerator<StreamFrame, void>> =>
      this.#frames(client.streamLogs, { path: { AllocID }, query }, { signal }),
  };

  #ask<Name extends MethodName, Shown>(
    route: AskingRoute<Name, Shown>,
    asked: Asked,
    options?: AskOptions,
  ): Promise<Answered<Shown>> {
    return this.#json(route, asked, options);
  }

  #local<Shown>(route: LocalRoute<Shown>, asked: Asked, options?: AskOptions): Promise<Answered<Shown>> {
    return this.#json(route, asked, options);
  }

  async #json<Shown>(route: AnyRoute, asked: Asked, options?: AskOptions): Promise<Answered<Shown>> {
    const { headers, body } = await this.#send(route, asked, options);
    const text = await textOf(body);
    return {
      // The route says which shape it is; that the agent keeps to it cannot be checked without the schemas.
      value: (text === "" ? undefined : JSON.parse(text)) as Shown,
      index: Number(headers["x-nomad-index"] ?? 0),
      knownLeader: headers["x-nomad-knownleader"] === "true",
      lastContact: milliseconds(Number(headers["x-nomad-lastcontact"] ?? 0)),
    };
  }

  async #bytes(route: AnyRoute, asked: Asked, options?: AskOptions): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#send(route, asked, options)).body;
  }

  async #frames(route: AnyRoute, asked: Asked, options?: AskOptions): Promise<AsyncGenerator<StreamFrame, void>> {
    return framesIn((await this.#send(route, asked, options)).body);
  }

  async #send(route: AnyRoute, { path = {}, query = {}, body }: Asked, given: AskOptions = {}) {
    const { signal, wait, ...options } = { ...this.#defaults, ...given };
    const written = queryText({
      ...query,
      ...options,
      stale: options.stale === true ? "" : undefined,
      wait: wait === undefined ? undefined : formatGoDuration(wait),
    });
    const answer = await this.#transport.send({
      method: route.verbs === "any" ? "GET" : (route.verbs[0] ?? "GET"),
      target: `${filled(route.path, path)}${written}`,
      ...sent(body),
      signal,
    });
    if (answer.status !== 200) throw new UnexpectedStatus(answer.status, (await textOf(answer.body)).trim());
    return answer;
  }
}

/** A body as it goes out: bytes as they are, all else as JSON. */
function sent(body: unknown): Pick<Parameters<Transport["send"]>[0], "headers" | "body"> {
  if (body === undefined) return { headers: {} };
  if (isBytes(body)) return { headers: { "Content-Type": "application/octet-stream" }, body };
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function isBytes(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

type AnyRoute = Pick<AskingRoute, "verbs" | "path">;

interface OfNode {
  /** The whole ID of the node that is meant; without it, that of the agent that is asked. */
  readonly node_id?: string;
}

interface NamedPeer {
  readonly id?: string;
  /** `host:port` of its RPC. */
  readonly address?: string;
}

interface Cancelled {
  readonly signal?: AbortSignal;
}

function queryText(values: Values): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value)) for (const each of value) query.append(name, each);
    else if (value !== undefined) query.append(name, String(value));
  }
  return query.size === 0 ? "" : `?${query}`;
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}
