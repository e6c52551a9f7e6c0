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
import { type Duration, firstOf, later, seconds, withEither } from "../base/index.ts";
import type { Endpoint, ServerContext } from "./endpoint.ts";
import type { Forwarding } from "./forwarding.ts";
import { refusalFor } from "./refusal.ts";

/**
 * How long a question is held while there is no leader: an election is usually over by then. Whoever asks hears within five
 * seconds that nobody answers, also where a leader is known at last and cannot be reached.
 */
const leaderPatience: Duration = seconds(3);

/** Who answers: this server, until `end` fires, or the leader at `address`. */
type Admission =
  | { readonly kind: "here"; readonly end: AbortSignal }
  | { readonly kind: "leader"; readonly address: string; readonly forwarding: Forwarding };

/** What a method says of who answers it. */
type Rule = Pick<RpcMethod, "answeredBy" | "access" | "staleNeedsNoLeader">;

type Given = Partial<QueryOptions> & { readonly signal?: AbortSignal };

/**
 * Every question to this server takes this way, whether it comes from its own process or over the network: to the
 * region it is for, to the leader unless any server may answer, to the endpoint.
 */
export class RequestPipeline implements RpcCaller {
  readonly #context: ServerContext;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #ended: AbortSignal;

  /** When `ended` fires, whoever still waits for an answer is refused. */
  constructor(context: ServerContext, endpoints: readonly Endpoint[], ended: AbortSignal) {
    this.#context = context;
    this.#endpoints = new Map(endpoints.map((endpoint) => [endpoint.method.name, endpoint]));
    this.#ended = ended;
  }

  async call<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    { signal = new AbortController().signal, ...said }: Given = {},
  ): Promise<Answer<z.output<Reply>>> {
    const options: QueryOptions = { ...defaultQueryOptions, ...said };
    const endpoint = this.#endpoints.get(method.name);
    if (endpoint === undefined) throw new RpcError(`rpc: can't find method ${method.name}`);
    const { region } = this.#context.config;
    const { forwarding } = this.#context;
    if (options.region !== "" && options.region !== region) {
      if (forwarding === undefined) throw new RpcError(noPathToRegion);
      return forwarding.toRegion(method, request, options, signal);
    }
    const admission = await this.#admitted(method, options, signal).catch(refuse);
    if (admission.kind === "leader")
      return admission.forwarding.to(admission.address, method, request, options, signal);
    const { end } = admission;
    const waits = method.access === "read" && options.minQueryIndex > 0;
    const answer = (either: AbortSignal) => endpoint.answer({ request, options, signal: either }).catch(refuse);
    const { reply, index } = await (waits ? withEither([signal, end], answer) : answer(signal));
    return {
      reply: reply as z.output<Reply>,
      index,
      knownLeader: this.#context.leaderAddress() !== "",
      lastContact: this.#context.leadership.leads ? 0 : this.#context.lastContact(),
    };
  }

  /** Who answers in place of this server what is no call, but for the same servers as one; undefined if it does itself. */
  async elsewhere(
    method: Rule,
    { region, stale }: { readonly region: string; readonly stale: boolean },
    signal: AbortSignal,
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
  async #admitted(method: Rule, options: QueryOptions, signal: AbortSignal): Promise<Admission> {
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

  async #untilLeader(isThere: () => boolean, signal: AbortSignal): Promise<void> {
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

function refuse(error: unknown): never {
  throw refusalFor(error);
}
