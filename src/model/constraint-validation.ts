import { wrappedProblems } from "../base/index.ts";
import type { Constraint } from "./constraint.ts";
import { allowedCount, constraintOperators, distinctHosts, distinctProperty } from "./constraint-check.ts";
import { isReference } from "./node-target.ts";
import { compilePattern } from "./pattern.ts";
import { semverConstraint, versionConstraint } from "./version-constraint.ts";

/** What is wrong with a constraint, and which part of it. Worded as Nomad words it. */
export interface ConstraintProblem {
  readonly part: keyof Constraint;
  readonly message: string;
}

/** What is wrong with the constraints of a job, a group or a task. */
export function constraintProblems(constraints: readonly Constraint[]): string[] {
  return constraints.flatMap((constraint, index) => {
    const messages = problemsOfConstraint(constraint).map(({ message }) => message);
    return wrappedProblems(`Constraint ${index + 1} validation failed:`, messages);
  });
}

/** Like `constraintProblems`; what compares allocations has no meaning for one task of them. */
export function taskConstraintProblems(constraints: readonly Constraint[]): string[] {
  const misplaced = constraints.flatMap(({ Operand }, index) =>
    comparesAllocations(Operand) ? [`Constraint ${index + 1} has disallowed Operand at task level: ${Operand}`] : [],
  );
  return [...constraintProblems(constraints), ...misplaced];
}

/** True of constraints on what else runs on a node, or on nodes like it. */
export function comparesAllocations(operator: string): boolean {
  return operator === distinctHosts || operator === distinctProperty;
}

export function problemsOfConstraint({ LTarget, Operand, RTarget }: Constraint): ConstraintProblem[] {
  if (Operand === "") return [{ part: "Operand", message: "Missing constraint operand" }];
  if (!constraintOperators.has(Operand)) {
    return [{ part: "Operand", message: `Unknown constraint type ${JSON.stringify(Operand)}` }];
  }
  const problems: ConstraintProblem[] = [];
  const right = rightProblem(Operand, RTarget);
  if (right !== undefined) problems.push({ part: "RTarget", message: right });
  if (LTarget === "" && Operand !== distinctHosts) {
    problems.push({ part: "LTarget", message: "No LTarget provided but is required by constraint" });
  }
  return problems;
}

function rightProblem(operator: string, right: string): string | undefined {
  switch (operator) {
    case distinctHosts:
      return undefined;
    case distinctProperty:
      if (allowedCount(right) !== undefined) return undefined;
      return `Distinct Property must have an allowed count of 1 or greater; got ${JSON.stringify(right)}`;
    case "is_set":
    case "is_not_set":
      return right === "" ? undefined : `Operator "${operator}" does not support an RTarget`;
    case "set_contains":
    case "set_contains_all":
    case "set_contains_any":
      return right === "" ? "Set contains constraint requires an RTarget" : undefined;
    case "regexp":
      if (isReference(right) || compilePattern(right) !== undefined) return undefined;
      return `Regular expression failed to compile: error parsing regexp: invalid or too large: \`${right}\``;
    case "version":
      if (isReference(right) || versionConstraint(right) !== undefined) return undefined;
      return `Version constraint is invalid: Malformed constraint: ${right}`;
    case "semver":
      if (isReference(right) || semverConstraint(right) !== undefined) return undefined;
      return `Semver constraint is invalid: Malformed constraint: ${right}`;
    default:
      return right === "" ? `Operator "${operator}" requires an RTarget` : undefined;
  }
}
