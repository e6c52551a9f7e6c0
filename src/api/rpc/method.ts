import type * as z from "zod";
import type { Signal } from "../../base/index.ts";
import { defaultNamespace } from "../../model/index.ts";

/**
 * A question that agents may ask each other, said once: its name on the wire, its shapes, and who answers.
 *
 * `answeredBy`: `leader` is forwarded to the region's leader, unless the asker accepts a stale answer to a read;
 * `any` is answered by whichever server is asked.
 */
export interface RpcMethod<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly request: Request;
  readonly reply: Reply;
  readonly answeredBy: "leader" | "any";
  readonly access: "read" | "write";
  /** Fields of the reply that travel as raw bytes: to be told to whoever decodes it, for the wire does not tell. */
  readonly binary?: ReadonlySet<string>;
  /** A stale answer may come from a server that has not met a leader since it started. */
  readonly staleNeedsNoLeader?: true;
}

export function rpcMethod<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
): RpcMethod<Request, Reply> {
  return method;
}

/** What may be said with any question. Times in nanoseconds. */
export interface QueryOptions {
  readonly region: string;
  readonly namespace: string;
  readonly prefix: string;
  /** Answer only when the result is newer than this index; 0 answers at once. */
  readonly minQueryIndex: number;
  /** How long a blocking question may wait; 0 means the server's default. */
  readonly maxQueryTime: number;
  /** Any server may answer, even without a leader. */
  readonly allowStale: boolean;
}

/** A question of which nothing is said. */
export const defaultQueryOptions: QueryOptions = {
  region: "",
  namespace: defaultNamespace,
  prefix: "",
  minQueryIndex: 0,
  maxQueryTime: 0,
  allowStale: false,
};

/** The answer with what is known of its freshness. */
export interface Answer<Reply> {
  readonly reply: Reply;
  /** Raft index of the write, or of the newest thing the read looked at. */
  readonly index: number;
  readonly knownLeader: boolean;
  /** Nanoseconds since the answering server heard from the leader; 0 on the leader itself. */
  readonly lastContact: number;
}

/** Asks servers. In one process it is a function call, between machines it is Nomad's wire. */
export interface RpcCaller {
  /** Rejects with `RpcError` when the servers refuse, or with the signal's reason. */
  call<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    options?: Partial<QueryOptions> & { readonly signal?: Signal },
  ): Promise<Answer<z.output<Reply>>>;
}

/** A refusal by the servers. Its message is what peers and users match on. `code` follows HTTP's meaning. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;

  constructor(message: string, options: { readonly code?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 500;
  }
}

/** Texts that peers match on. */
export const noClusterLeader = "No cluster leader";
export const noPathToRegion = "No path to region";
