import type { Endpoint } from "./endpoint.ts";
import type { Tags } from "./serf/tags.ts";
import type { PushPullState } from "./wire/push-pull.ts";
import type { SwimMessage } from "./wire/swim-messages.ts";

/** What can happen to a member. */
export type GossipInput =
  /** The instant that `wakeAt()` named has come. */
  | { readonly kind: "wake" }
  /** A datagram, or a user message over a connection. */
  | { readonly kind: "received"; readonly from: Endpoint; readonly messages: readonly SwimMessage[] }
  /** A ping over a connection was answered. */
  | { readonly kind: "streamAnswered"; readonly sequence: number }
  /** A peer has told all it knows. */
  | {
      readonly kind: "merge";
      readonly state: PushPullState;
      /** Whether user events from before are no news, as to one who joins. */
      readonly ignoreOldEvents: boolean;
    }
  /** We have joined by contacting somebody: say so to all. */
  | { readonly kind: "joined" }
  | { readonly kind: "leave" }
  /** Declares a failed member gone for good; with `prune` it is forgotten at once. */
  | { readonly kind: "forceLeave"; readonly node: string; readonly prune: boolean }
  | { readonly kind: "setTags"; readonly tags: Tags }
  | {
      readonly kind: "sendEvent";
      readonly name: string;
      readonly payload: Uint8Array;
      readonly coalesce: boolean;
    }
  | ({ readonly kind: "sendQuery"; readonly query: number } & QueryWish)
  /** Answers a query of another, by the number it was told under. */
  | { readonly kind: "answer"; readonly query: number; readonly payload: Uint8Array };

/** A question to all members, or to those that filters name. */
export interface QueryWish {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly wantsAcks: boolean;
  /** Only these; empty means all. */
  readonly nodes: readonly string[];
  readonly timeoutNanoseconds: number | undefined;
}
