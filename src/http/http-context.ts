import type { Query, RpcCaller } from "../api/index.ts";
import type { ByteBudget, Random } from "../base/index.ts";
import type { Snapshots } from "../rpc/index.ts";
import type { Clock, HttpClient, HttpRequest, Log } from "../runtime/index.ts";
import type { AgentFacts } from "./agent-facts.ts";
import type { HttpAnswer } from "./answer.ts";
import type { HostNames } from "./host-names.ts";

/** What the operator may choose. */
export interface HttpSettings {
  /** Headers that every answer of the API carries. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly hosts: HostNames;
  /** How `/v1/agent/members` answers unless the query says otherwise: older programs read the list, newer ones the object. */
  readonly membersShape: "list" | "object";
  /** Bodies beyond this are refused. */
  readonly maxBodyBytes: number;
  /** Whether new requests are refused for now, but for those that make room. */
  readonly shedsLoad: () => boolean;
}

/** All that serving needs. */
export interface HttpContext {
  readonly clock: Clock;
  readonly random: Pick<Random, "below">;
  readonly log: Log;
  readonly rpc: RpcCaller;
  readonly snapshots: Snapshots;
  readonly agent: AgentFacts;
  /** Reaches the HTTP API of another agent by its `host:port`. */
  readonly reach: (address: string) => HttpClient;
  readonly settings: HttpSettings;
  /** What long bodies of requests may take in memory together. */
  readonly bodies: ByteBudget;
  /** The same of long answers, until their readers have taken them. */
  readonly answers: ByteBudget;
}

/** A request on its way to a handler. */
export interface Asked {
  readonly request: HttpRequest;
  /** What stands in the path where the route has a name in braces. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Query;
  /** Fires when nobody waits for the answer any more, and when it has been sent. */
  readonly signal: AbortSignal;
}

/** Throws `Refusal`, `RpcError` or whatever else: each becomes an answer. */
export type Handler = (asked: Asked) => Promise<HttpAnswer>;
