import type { Instant } from "../../base/index.ts";
import type { Endpoint } from "../endpoint.ts";
import type { NodeDescription } from "../wire/swim-messages.ts";

/** What stands on SWIM and is told at once, in the midst of a step. It must not call SWIM back from here. */
export interface SwimUser {
  /** A member that was unknown or gone is here. */
  joined(now: Instant, node: NodeDescription): void;
  left(now: Instant, node: NodeDescription): void;
  /** A member says other things of itself. */
  updated(now: Instant, node: NodeDescription): void;
  received(now: Instant, payload: Uint8Array, from: Endpoint): void;
  /** Why `nodes` are not welcome; undefined if they are. */
  objection(nodes: readonly NodeDescription[]): string | undefined;
  /** Messages to be spread that fit into the room, type byte included. */
  broadcasts(room: {
    readonly budgetBytes: number;
    readonly overheadBytes: number;
    readonly most: number;
  }): readonly Uint8Array[];
  /** Its own state, for a push/pull. */
  state(): Uint8Array;
}
