import type * as z from "zod";
import {
  type Answer,
  decodeReply,
  encodeRequest,
  noPathToRegion,
  type QueryOptions,
  RpcError,
  type RpcMethod,
} from "../api/index.ts";
import type { Random } from "../base/index.ts";
import { NoAnswer, RemoteError, type RpcPool } from "../rpc/index.ts";

/** Hands questions on to the server that can answer them. */
export class Forwarding {
  readonly #pool: RpcPool;
  readonly #random: Random;
  readonly #serversOf: (region: string) => readonly string[];

  /** `serversOf` gives the RPC addresses of the living servers of a region. */
  constructor(pool: RpcPool, random: Random, serversOf: (region: string) => readonly string[]) {
    this.#pool = pool;
    this.#random = random;
    this.#serversOf = serversOf;
  }

  /** Asks any server of another region. Rejects with `No path to region` if none is known. */
  async toRegion<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    options: QueryOptions,
    signal: AbortSignal,
  ): Promise<Answer<z.output<Reply>>> {
    const servers = this.#serversOf(options.region);
    const address = servers[this.#random.below(servers.length)];
    if (address === undefined) throw new RpcError(noPathToRegion);
    return this.to(address, method, request, options, signal);
  }

  /** Asks the server at `address`. What it refuses comes back as `rpc error: …`. */
  async to<Request extends z.ZodType, Reply extends z.ZodType>(
    address: string,
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    options: QueryOptions,
    signal: AbortSignal,
  ): Promise<Answer<z.output<Reply>>> {
    try {
      const body = await this.#pool.call(address, method.name, encodeRequest(method, request, options), { signal });
      return decodeReply(method, body);
    } catch (error) {
      if (error instanceof RemoteError) throw new RpcError(`rpc error: ${error.message}`, { cause: error });
      if (error instanceof NoAnswer) throw new RpcError(error.message, { cause: error });
      throw error;
    }
  }
}
