import type { Endpoint } from "./endpoint.ts";
import type { KeyOperation } from "./serf/key-messages.ts";
import type { SerfMember } from "./serf/roster.ts";
import type { NodeState } from "./wire/push-pull.ts";
import type { LamportTime } from "./wire/serf-messages.ts";

/** What happens to members, in the words of Serf's log. */
export type MemberChange = "join" | "leave" | "failed" | "update" | "reap";

/** What happened to the pool, in order. */
export type GossipEvent =
  | {
      readonly kind: MemberChange;
      readonly member: SerfMember;
      /** Of a leave: whether a failed member was sent away. */
      readonly forced?: boolean;
    }
  | {
      readonly kind: "user";
      readonly name: string;
      readonly payload: Uint8Array;
      readonly time: LamportTime;
      /** Whether several of one name may be taken for one. */
      readonly coalesce: boolean;
    }
  /** Somebody asks; `query` is what to answer under, until `timeoutNanoseconds` have passed. */
  | {
      readonly kind: "query";
      readonly query: number;
      readonly name: string;
      readonly payload: Uint8Array;
      readonly timeoutNanoseconds: number;
    }
  /** To a query of ours. */
  | { readonly kind: "acknowledged"; readonly query: number; readonly from: string }
  | { readonly kind: "answered"; readonly query: number; readonly from: string; readonly payload: Uint8Array }
  | { readonly kind: "queryOver"; readonly query: number }
  /** Somebody, who may be we, wants our gossip keys changed or listed; to be answered as any query. */
  | {
      readonly kind: "keyQuery";
      readonly query: number;
      readonly operation: KeyOperation;
      readonly payload: Uint8Array;
    }
  /** All is said: this member may go. */
  | { readonly kind: "departed" };

/** What is only worth a line in the log. */
export type Notice =
  | { readonly kind: "probeFailed"; readonly node: string }
  | { readonly kind: "onlyStreamAnswers"; readonly node: string }
  | { readonly kind: "markedDead"; readonly node: string; readonly confirmations: number }
  | { readonly kind: "refuted"; readonly what: "alive" | "suspect" | "dead"; readonly from: string }
  | { readonly kind: "misdirectedPing"; readonly node: string; readonly from: Endpoint }
  | {
      readonly kind: "conflict";
      readonly node: string;
      readonly isSelf: boolean;
      readonly ours: Endpoint;
      readonly theirs: Endpoint;
      readonly state: NodeState;
    }
  | { readonly kind: "moved"; readonly node: string; readonly from: Endpoint; readonly to: Endpoint }
  | { readonly kind: "ignored"; readonly node: string; readonly reason: string }
  | { readonly kind: "tooManyMembers"; readonly node: string }
  | { readonly kind: "unreadable"; readonly from: string; readonly problem: string }
  | { readonly kind: "reconnecting"; readonly node: string; readonly to: Endpoint }
  | { readonly kind: "intentRefuted" }
  | { readonly kind: "overslept"; readonly seconds: number };
