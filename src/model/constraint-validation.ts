import { wrappedProblems } from "../base/index.ts";
import type { Constraint } from "./constraint.ts";
import { compilePattern } from "./pattern.ts";
import { versionConstraint } from "./version-constraint.ts";

/** What is wrong with the constraints of a job, a group or a task. */
export function constraintProblems(constraints: readonly Constraint[]): string[] {
  return constraints.flatMap((constraint, index) =>
    wrappedProblems(`Constraint ${index + 1} validation failed:`, problemsOfConstraint(constraint)),
  );
}

function problemsOfConstraint(constraint: Constraint): string[] {
  return constraint.Operand === "" ? ["Missing constraint operand"] : comparisonProblems(constraint);
}

/** Why nothing can be compared with the right side by this operator. */
export function comparisonProblems({ Operand, RTarget }: Constraint): string[] {
  if (Operand === "regexp" && compilePattern(RTarget) === undefined) {
    return [`Regular expression failed to compile: error parsing regexp: invalid or too large: \`${RTarget}\``];
  }
  if (Operand === "version" && versionConstraint(RTarget) === undefined) {
    return [`Version constraint is invalid: Malformed constraint: ${RTarget}`];
  }
  return [];
}
