import type * as z from "zod";
import {
  type Answer,
  decodeReply,
  encodeRequest,
  noPathToRegion,
  type QueryOptions,
  RpcError,
  type RpcMethod,
  replyUnpacker,
} from "../api/index.ts";
import type { Random, Signal } from "../base/index.ts";
import { firstByte, NoAnswer, RemoteError, type RpcPool, type Snapshots, snapshotsOf } from "../rpc/index.ts";
import type { Clock } from "../runtime/index.ts";

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

  /**
   * Asks any server of another region, and another one where that cannot be reached: gossip takes long to miss one that
   * is far away. Rejects with `No path to region` if none is known.
   */
  async toRegion<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    options: QueryOptions,
    signal: Signal,
  ): Promise<Answer<z.output<Reply>>> {
    const untried = [...this.#serversOf(options.region)];
    if (untried.length === 0) throw new RpcError(noPathToRegion);
    for (;;) {
      const [address = ""] = untried.splice(this.#random.below(untried.length), 1);
      try {
        return await this.#ask(address, method, request, options, signal);
      } catch (error) {
        const mayAskAnother = error instanceof NoAnswer && !error.mayHaveRun && untried.length > 0;
        if (!mayAskAnother || signal.aborted) return refuse(error);
      }
    }
  }

  /** Whether any server of a region is known. */
  knows(region: string): boolean {
    return this.#serversOf(region).length > 0;
  }

  /** RPC address of any server of a region. Throws `No path to region` if none is known. */
  addressIn(region: string): string {
    const servers = this.#serversOf(region);
    const address = servers[this.#random.below(servers.length)];
    if (address === undefined) throw new RpcError(noPathToRegion);
    return address;
  }

  /** Asks the server at `address` for snapshots. What it refuses comes back as `rpc error: …`. */
  snapshots(clock: Clock, address: string): Snapshots {
    const connect = (to: string, signal: Signal) => this.#pool.connect(to, firstByte.snapshot, signal);
    const { save, restore } = snapshotsOf(clock, connect, address);
    return {
      save: (...asked) => save(...asked).catch(refuse),
      restore: (...asked) => restore(...asked).catch(refuse),
    };
  }

  /** Asks the server at `address`. What it refuses comes back as `rpc error: …`. */
  async to<Request extends z.ZodType, Reply extends z.ZodType>(
    address: string,
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    options: QueryOptions,
    signal: Signal,
  ): Promise<Answer<z.output<Reply>>> {
    return this.#ask(address, method, request, options, signal).catch(refuse);
  }

  async #ask<Request extends z.ZodType, Reply extends z.ZodType>(
    address: string,
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    options: QueryOptions,
    signal: Signal,
  ): Promise<Answer<z.output<Reply>>> {
    const asked = encodeRequest(method, request, options);
    const { name, binary } = method;
    const body = await this.#pool.call(address, name, asked, { signal, unpack: replyUnpacker(method), binary });
    return decodeReply(method, body);
  }
}

function refuse(error: unknown): never {
  if (error instanceof RemoteError || error instanceof NoAnswer) throw new RpcError(error.message, { cause: error });
  throw error;
}
