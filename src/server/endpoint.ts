import type * as z from "zod";
import type { QueryOptions, RpcMethod } from "../api/index.ts";
import type { Duration, Happening, Signal } from "../base/index.ts";
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

/** A question as it reaches an endpoint, its options complete. */
export interface Asked<Request> {
  readonly request: Request;
  readonly options: QueryOptions;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: Signal;
  /** Fires when this server is not to answer any more what it was asked to wait for. */
  readonly end: Signal;
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
  /** Makes a reply of what `answer` says, where that can only be written. */
  readonly unfold?: (said: unknown) => z.output<Reply>;
}

/** An endpoint whose answer fits its method. */
export function endpoint<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  answer: (asked: Asked<z.output<Request>>) => Promise<Said<z.output<Reply>>>,
): Endpoint {
  return { method, answer } as unknown as Endpoint;
}

/** What is read, and the endpoint that answers with it. */
type ReadAnswer<Request extends z.ZodType, Read> = (view: StateView, asked: Asked<z.output<Request>>) => Indexed<Read>;

/** An endpoint that reads, and waits for something newer if it is asked to. */
export function readEndpoint<Request extends z.ZodType, Reply extends z.ZodType>(
  context: ServerContext,
  method: RpcMethod<Request, Reply>,
  read: ReadAnswer<Request, z.output<Reply>>,
): Endpoint {
  return endpoint(method, (asked) => readAnswer(context, read, asked));
}

/**
 * The same for what thousands ask and are told together: they are answered in their turns, and with what is written as it was
 * read; a reply is made of it by `unfold` only for those who ask in this process.
 */
export function crowdedEndpoint<Request extends z.ZodType, Reply extends z.ZodType, Read>(
  context: ServerContext,
  method: RpcMethod<Request, Reply>,
  read: ReadAnswer<Request, Read>,
  unfold: (read: Read) => z.output<Reply>,
): Endpoint {
  const { passing } = context.turnstile;
  const answer = (asked: Asked<z.output<Request>>) => readAnswer(context, read, asked, passing);
  return { method, answer, unfold } as unknown as Endpoint;
}

function readAnswer<Request extends z.ZodType, Read>(
  { state, runtime }: ServerContext,
  read: ReadAnswer<Request, Read>,
  asked: Asked<z.output<Request>>,
  passing?: Happening,
): Promise<Said<Read>> {
  const { minQueryIndex, maxQueryTime } = asked.options;
  const options = { minQueryIndex, maxQueryTime, signals: [asked.signal, asked.end], passing };
  return blockingQuery(state, runtime, options, (view) => {
    const { result, index } = read(view, asked);
    return { reply: result, index };
  });
}
