import type { Node } from "../../model/index.ts";
import type { Occupancy } from "../occupancy.ts";

/** A node that is looked at, and what it would run without the allocation that is to be placed. */
export interface Prospect {
  readonly node: Node;
  readonly proposed: Occupancy;
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
