import type { Allocation, Node } from "../../model/index.ts";

/** A node that is looked at, and what it would run without the allocation that is to be placed. */
export interface Prospect {
  readonly node: Node;
  readonly proposed: readonly Allocation[];
}

/** Says why a node may not run something; nothing if it may. */
export type Check<Subject> = (subject: Subject) => string | undefined;

/** The subjects that pass all checks, in their order, looked at only as they are asked for. */
export function* passing<Subject>(
  subjects: Iterable<Subject>,
  checks: readonly Check<Subject>[],
  refused: (subject: Subject, reason: string) => void,
): Iterable<Subject> {
  for (const subject of subjects) {
    const reason = firstReason(subject, checks);
    if (reason === undefined) yield subject;
    else refused(subject, reason);
  }
}

/** The first refusal, if any. */
export function firstReason<Subject>(subject: Subject, checks: readonly Check<Subject>[]): string | undefined {
  for (const check of checks) {
    const reason = check(subject);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
