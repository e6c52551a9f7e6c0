import type { Node, NodeID } from "../../model/index.ts";
import type { Occupancy } from "../occupancy.ts";

/** A node that is looked at, and what it would run without the allocation that is to be placed. */
export interface Prospect {
  readonly node: Node;
  readonly proposed: Occupancy;
}

/** A node as a plan leaves it, all the time that the plan grows. What it would run is looked up once it is asked for. */
export class DraftedNode implements Prospect {
  readonly node: Node;
  readonly #draft: { proposedOn(nodeID: NodeID): Occupancy };
  #proposed: Occupancy | undefined;

  constructor(node: Node, draft: { proposedOn(nodeID: NodeID): Occupancy }) {
    this.node = node;
    this.#draft = draft;
  }

  get proposed(): Occupancy {
    this.#proposed ??= this.#draft.proposedOn(this.node.ID);
    return this.#proposed;
  }
}

/** Says why a node may not run something; nothing if it may. */
export type Check<Subject> = (subject: Subject) => string | undefined;

/** The first refusal, if any. */
export function firstReason<Subject>(subject: Subject, checks: readonly Check<Subject>[]): string | undefined {
  for (const check of checks) {
    const reason = check(subject);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
