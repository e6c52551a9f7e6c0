import { type Constraint, constraintCheck, constraintText, type Node } from "../../model/index.ts";
import type { Check } from "./prospect.ts";

/** One check for each constraint; the reason is the constraint itself. */
export function constraintsMet(constraints: readonly Constraint[]): readonly Check<Node>[] {
  return constraints.map((constraint) => {
    const isMet = constraintCheck(constraint);
    return (node) => (isMet(node) ? undefined : constraintText(constraint));
  });
}
