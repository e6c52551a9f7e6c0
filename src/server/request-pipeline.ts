import type * as z from "zod";
import {
  type Answer,
  defaultQueryOptions,
  noClusterLeader,
  noPathToRegion,
  type QueryOptions,
  type RpcCaller,
  RpcError,
  type RpcMethod,
} from "../api/index.ts";
import { between, type Duration, firstOf, later, PlainSignal, type Signal, seconds } from "../base/index.ts";
import type { MetricName } from "../runtime/index.ts";
import type { Endpoint, ServerContext } from "./endpoint.ts";
import type { Forwarding } from "./forwarding.ts";
import { refusalFor } from "./refusal.ts";
import { timerOf } from "./rpc-timers.ts";

/**
 * How long a question is held while there is no leader: an election is usually over by then. Whoever asks hears within five
 * seconds that nobody answers, also where a leader is known at last and cannot be reached.
 */
const leaderPatience: Duration = seconds(3);

/** Of calls within the process; those over the network are counted where they are read. */
const [requestCounter, errorCounter] = [
  ["nomad", "rpc", "request"],
  ["nomad", "rpc", "request_error"],
];
const queryCounter = ["nomad", "rpc", "query"];

/** Who answers: this server, until `end` fires, or the leader at `address`. */
type Admission =
  | { readonly kind: "here"; readonly end: Signal }
  | { readonly kind: "leader"; readonly address: string; readonly forwarding: Forwarding };

/** What a method says of who answers it. */
type Rule = Pick<RpcMethod, "answeredBy" | "access" | "staleNeedsNoLeader">;

type Given = Partial<QueryOptions> & { readonly signal?: Signal };

/**
 * Every question to this server takes this way, whether it comes from its own process or over the network: to the
 * region it is for, to the leader unless any server may answer, to the endpoint.
 */
export class RequestPipeline implements RpcCaller {
  readonly #context: ServerContext;
  readonly #endpoints: ReadonlyMap<string, { readonly endpoint: Endpoint; readonly timer: MetricName }>;
  readonly #ended: Signal;

  /** When `ended` fires, whoever still waits for an answer is refused. */
  constructor(context: ServerContext, endpoints: readonly Endpoint[], ended: Signal) {
    this.#context = context;
    this.#endpoints = new Map(
      endpoints.map((endpoint) => [endpoint.method.name, { endpoint, timer: timerOf(endpoint.method.name) }]),
    );
    this.#ended = ended;
  }

  async call<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    given: Given = {},
  ): Promise<Answer<z.output<Reply>>> {
    const { metrics } = this.#context.runtime;
    metrics.count(requestCounter);
    try {
      return await this.#answer(method, request, given, (endpoint, said) => endpoint.unfold?.(said) ?? said);
    } catch (error) {
      metrics.count(errorCounter);
      throw error;
    }
  }

  /** The same, with a reply that may be good for nothing but to be written: for those who ask over the network. */
  answerToWrite(method: RpcMethod, request: unknown, given: Given = {}): Promise<Answer<unknown>> {
    return this.#answer(method, request, given, (_, said) => said);
  }

  async #answer<Reply>(
    method: RpcMethod,
    request: unknown,
    given: Given,
    replyOf: (endpoint: Endpoint, said: unknown) => unknown,
  ): Promise<Answer<Reply>> {
    const signal = given.signal ?? new PlainSignal();
    const options = completed(given);
    const known = this.#endpoints.get(method.name);
    if (known === undefined) throw new RpcError(`rpc: can't find method ${method.name}`);
    const { config, forwarding, leadership, runtime } = this.#context;
    if (options.region !== "" && options.region !== config.region) {
      if (forwarding === undefined) throw new RpcError(noPathToRegion);
      if (forwarding.knows(options.region)) runtime.metrics.count(["nomad", "rpc", "cross-region", options.region]);
      return forwarding.toRegion(method, request, options, signal) as Promise<Answer<Reply>>;
    }
    try {
      const admission = await this.#admitted(method, options, signal);
      if (admission.kind === "leader") {
        const { forwarding, address } = admission;
        return forwarding.to(address, method, request, options, signal) as Promise<Answer<Reply>>;
      }
      const { endpoint, timer } = known;
      if (method.access === "read") runtime.metrics.count(queryCounter);
      const began = runtime.clock.now();
      const { reply, index } = await endpoint.answer({ request, options, signal, end: admission.end });
      runtime.metrics.time(timer, between(began, runtime.clock.now()));
      return {
        reply: replyOf(endpoint, reply) as Reply,
        index,
        knownLeader: this.#context.leaderAddress() !== "",
        lastContact: leadership.leads ? 0 : this.#context.lastContact(),
      };
    } catch (error) {
      throw refusalFor(error);
    }
  }

  /** Who answers in place of this server what is no call, but for the same servers as one; undefined if it does itself. */
  async elsewhere(
    method: Rule,
    { region, stale }: { readonly region: string; readonly stale: boolean },
    signal: Signal,
  ): Promise<{ readonly address: string; readonly forwarding: Forwarding } | undefined> {
    const { config, forwarding } = this.#context;
    if (region !== "" && region !== config.region) {
      if (forwarding === undefined) throw new RpcError(noPathToRegion);
      return { address: forwarding.addressIn(region), forwarding };
    }
    const options = { ...defaultQueryOptions, allowStale: stale };
    const admission = await this.#admitted(method, options, signal).catch(refuse);
    return admission.kind === "leader" ? admission : undefined;
  }

  /** Resolves when this server may answer, or knows who does. */
  async #admitted(method: Rule, options: QueryOptions, signal: Signal): Promise<Admission> {
    const { leadership, forwarding } = this.#context;
    if (method.answeredBy === "any") return { kind: "here", end: this.#ended };
    if (method.access === "read" && options.allowStale) {
      if (method.staleNeedsNoLeader !== true) await this.#untilLeader(() => leadership.hasMetLeader, signal);
      return { kind: "here", end: this.#ended };
    }
    await this.#untilLeader(() => leadership.leads || (forwarding !== undefined && this.#otherLeader() !== ""), signal);
    const address = this.#otherLeader();
    if (!leadership.leads && forwarding !== undefined && address !== "") return { kind: "leader", address, forwarding };
    const end = leadership.leader.signal;
    if (method.access === "read") await this.#context.upToDate();
    return { kind: "here", end };
  }

  /** RPC address of the leader, unless that is this server. */
  #otherLeader(): string {
    const address = this.#context.leaderAddress();
    return address === this.#context.config.rpcAddress ? "" : address;
  }

  async #untilLeader(isThere: () => boolean, signal: Signal): Promise<void> {
    if (isThere()) return;
    const { clock } = this.#context.runtime;
    const deadline = later(clock.now(), leaderPatience);
    while (!isThere()) {
      signal.throwIfAborted();
      if (this.#ended.aborted || clock.now() >= deadline) throw new RpcError(noClusterLeader);
      await firstOf(signal, this.#context.leadership.changed, (passed) => clock.at(deadline, passed));
    }
  }
}

/** Options of which nothing is left open. */
function completed({ region, namespace, prefix, minQueryIndex, maxQueryTime, allowStale }: Given): QueryOptions {
  return {
    region: region ?? defaultQueryOptions.region,
    namespace: namespace ?? defaultQueryOptions.namespace,
    prefix: prefix ?? defaultQueryOptions.prefix,
    minQueryIndex: minQueryIndex ?? defaultQueryOptions.minQueryIndex,
    maxQueryTime: maxQueryTime ?? defaultQueryOptions.maxQueryTime,
    allowStale: allowStale ?? defaultQueryOptions.allowStale,
  };
}

function refuse(error: unknown): never {
  throw refusalFor(error);
}
