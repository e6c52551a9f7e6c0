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
import { type Duration, later, seconds } from "../base/index.ts";
import { defaultNamespace } from "../model/index.ts";
import type { Endpoint, ServerContext } from "./endpoint.ts";
import { BrokerRefused } from "./leadership/evaluation-broker.ts";

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

/** Every question to this server takes this way, whether it comes from its own process or over the network. */
export class RequestPipeline implements RpcCaller {
  readonly #context: ServerContext;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;

  constructor(context: ServerContext, endpoints: readonly Endpoint[]) {
    this.#context = context;
    this.#endpoints = new Map(endpoints.map((endpoint) => [endpoint.method.name, endpoint]));
  }

  async call<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    given: Partial<QueryOptions> & { readonly signal?: AbortSignal } = {},
  ): Promise<Answer<z.output<Reply>>> {
    const { signal = new AbortController().signal, ...said } = given;
    const options: QueryOptions = { ...defaults, ...said };
    const endpoint = this.#endpoints.get(method.name);
    if (endpoint === undefined) throw new RpcError(`rpc: can't find method ${method.name}`);
    const { region } = this.#context.config;
    if (options.region !== "" && options.region !== region) throw new RpcError(noPathToRegion);
    const stale = method.access === "read" && options.allowStale;
    if (method.answeredBy === "leader" && !stale) await this.#untilThisServerLeads(signal);
    const { reply, index } = await endpoint.answer({ request, options, signal }).catch(asRpcError);
    return {
      reply: reply as z.output<Reply>,
      index,
      knownLeader: this.#context.leaderAddress() !== "",
      lastContact: 0,
    };
  }

  async #untilThisServerLeads(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#context.runtime;
    const deadline = later(clock.now(), leaderPatience);
    while (!this.#context.leadership.leads) {
      if (clock.now() >= deadline) throw new RpcError(noClusterLeader);
      await clock.sleep(seconds(0.01 + random.fraction() * 0.05), signal);
    }
  }
}

function asRpcError(error: unknown): never {
  if (error instanceof BrokerRefused) throw new RpcError(error.message, { cause: error });
  throw error;
}
