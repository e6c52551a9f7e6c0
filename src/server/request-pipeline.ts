import type * as z from "zod";
import {
  type Answer,
  noClusterLeader,
  noPathToRegion,
  type QueryOptions,
  type RpcCaller,
  RpcError,
  type RpcMethod,
} from "../api/index.ts";
import { type Duration, firstOf, later, seconds } from "../base/index.ts";
import { defaultNamespace } from "../model/index.ts";
import type { Endpoint, ServerContext } from "./endpoint.ts";
import { refusalFor } from "./refusal.ts";

/** How long a question is held while there is no leader: an election is usually over by then. */
const leaderPatience: Duration = seconds(5);

const defaults: QueryOptions = {
  region: "",
  namespace: defaultNamespace,
  prefix: "",
  minQueryIndex: 0,
  maxQueryTime: 0,
  allowStale: false,
};

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
    const options: QueryOptions = { ...defaults, ...said };
    const endpoint = this.#endpoints.get(method.name);
    if (endpoint === undefined) throw new RpcError(`rpc: can't find method ${method.name}`);
    const { region } = this.#context.config;
    if (options.region !== "" && options.region !== region) throw new RpcError(noPathToRegion);
    const end = await this.#admitted(method, options, signal);
    const waits = method.access === "read" && options.minQueryIndex > 0;
    const asked = { request, options, signal: waits ? AbortSignal.any([signal, end]) : signal };
    const { reply, index } = await endpoint.answer(asked).catch((error: unknown) => {
      throw refusalFor(error);
    });
    return {
      reply: reply as z.output<Reply>,
      index,
      knownLeader: this.#context.leaderAddress() !== "",
      lastContact: this.#context.leadership.leads ? 0 : this.#context.lastContact(),
    };
  }

  /** Resolves when this server may answer, with the signal that ends its right to do so. */
  async #admitted(method: RpcMethod, options: QueryOptions, signal: AbortSignal): Promise<AbortSignal> {
    const { leadership } = this.#context;
    if (method.answeredBy === "any") return this.#ended;
    if (method.access === "read" && options.allowStale) {
      await this.#untilLeader(() => leadership.hasMetLeader, signal);
      return this.#ended;
    }
    await this.#untilLeader(() => leadership.leads, signal);
    return leadership.leader.signal;
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
