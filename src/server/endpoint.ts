import type * as z from "zod";
import type { QueryOptions, RpcMethod } from "../api/index.ts";
import type { Duration } from "../base/index.ts";
import type { StateView } from "../state/index.ts";
import { blockingQuery, type Indexed } from "./blocking-query.ts";
import type { ServerConfig } from "./config.ts";
import type { Forwarding } from "./forwarding.ts";
import type { Leadership } from "./leadership/leadership.ts";
import type { Membership } from "./membership/membership.ts";
import type { RaftSeat } from "./raft-seat.ts";
import type { ReplicatedState } from "./replicated-state.ts";
import type { ServerRuntime } from "./server-runtime.ts";
import type { Turnstile } from "./turnstile.ts";

/** What endpoints may ask of Raft, and do to it. */
export type RaftPart = Pick<RaftSeat, "members" | "isLeader" | "changed" | "removeServer" | "transferLeadership">;

/** What an endpoint may use of its server. */
export interface ServerContext {
  readonly config: ServerConfig;
  readonly runtime: ServerRuntime;
  readonly state: ReplicatedState;
  readonly leadership: Leadership;
  readonly membership: Membership;
  /** RPC address of the leader as this server knows it; empty if there is none. */
  readonly leaderAddress: () => string;
  /** How long ago a leader was heard by a server that does not lead; 0 if none ever was. */
  readonly lastContact: () => Duration;
  /** Resolves once what is read here is not behind what was committed before. Rejects if this server does not lead. */
  readonly upToDate: () => Promise<unknown>;
  /** Hands questions on to other servers; undefined when there are none. */
  readonly forwarding: Forwarding | undefined;
  /** What those pass who ask the same of many and are woken together: nodes that wait for their allocations. */
  readonly turnstile: Turnstile;
  /** This server's part in Raft. */
  readonly raft: RaftPart;
}

/** A question as it reaches an endpoint: options complete, and a signal for when it is no use to wait any more. */
export interface Asked<Request> {
  readonly request: Request;
  readonly options: QueryOptions;
  readonly signal: AbortSignal;
}

/** What an endpoint says; the pipeline adds what is known of the leader. */
export interface Said<Reply> {
  readonly reply: Reply;
  readonly index: number;
}

/** One method and the function that answers it. */
export interface Endpoint<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly method: RpcMethod<Request, Reply>;
  readonly answer: (asked: Asked<z.output<Request>>) => Promise<Said<z.output<Reply>>>;
}

/** An endpoint whose answer fits its method. */
export function endpoint<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  answer: (asked: Asked<z.output<Request>>) => Promise<Said<z.output<Reply>>>,
): Endpoint {
  return { method, answer } as unknown as Endpoint;
}

/** An endpoint that reads, and waits for something newer if it is asked to; then it may be answered in its turn. */
export function readEndpoint<Request extends z.ZodType, Reply extends z.ZodType>(
  context: ServerContext,
  method: RpcMethod<Request, Reply>,
  read: (view: StateView, asked: Asked<z.output<Request>>) => Indexed<z.output<Reply>>,
  { turnstile }: { readonly turnstile?: Turnstile } = {},
): Endpoint {
  return endpoint(method, async (asked) => {
    const { minQueryIndex, maxQueryTime } = asked.options;
    const { result, index } = await blockingQuery(
      context.state,
      context.runtime,
      { minQueryIndex, maxQueryTime, signal: asked.signal, turnstile },
      (view) => read(view, asked),
    );
    return { reply: result, index };
  });
}
