import { wrappedProblems } from "../base/index.ts";
import type { Affinity, Spread } from "./constraint.ts";
import { constraintOperators } from "./constraint-check.ts";
import { problemsOfConstraint } from "./constraint-validation.ts";

/** Operators of constraints by which no node is a better choice than another. */
const noPreference: ReadonlySet<string> = new Set(["distinct_hosts", "distinct_property", "is_set", "is_not_set"]);

/** What a job, a group or a task wishes of nodes without insisting on it. Tasks have no spreads. */
interface Wishes {
  readonly Affinities: readonly Affinity[];
  readonly Spreads?: readonly Spread[];
}

/** What is wrong with affinities and spreads. System jobs may have none: they run on every node anyway. */
export function wishProblems({ Affinities, Spreads = [] }: Wishes, jobType: string): string[] {
  if (jobType === "system") {
    return [
      ...(Affinities.length > 0 ? ["System jobs may not have an affinity block"] : []),
      ...(Spreads.length > 0 ? ["System jobs may not have a spread block"] : []),
    ];
  }
  return [
    ...Affinities.flatMap((one, at) => wrappedProblems(`Affinity ${at + 1} validation failed:`, affinityProblems(one))),
    ...Spreads.flatMap((one, at) => wrappedProblems(`Spread ${at + 1} validation failed:`, spreadProblems(one))),
  ];
}

function affinityProblems(affinity: Affinity): string[] {
  return [...affinityOperandProblems(affinity), ...affinityWeightProblems(affinity)];
}

function affinityOperandProblems(affinity: Affinity): string[] {
  const { Operand } = affinity;
  if (Operand === "") return ["Missing affinity operand"];
  if (noPreference.has(Operand)) return [`Operator "${Operand}" is for constraints only`];
  if (!constraintOperators.has(Operand)) return [`Unknown affinity operator ${JSON.stringify(Operand)}`];
  return problemsOfConstraint(affinity).map(({ message }) => message);
}

function affinityWeightProblems({ Weight }: Affinity): string[] {
  if (Weight === 0) return ["Affinity weight cannot be zero"];
  return Math.abs(Weight) > 100 ? [`Affinity weight must be between [-100, 100]; got ${Weight}`] : [];
}

function spreadProblems({ Attribute, Weight, SpreadTarget }: Spread): string[] {
  const problems: string[] = [];
  if (Attribute === "") problems.push("Missing spread attribute");
  if (Weight < 1 || Weight > 100) problems.push(`Spread weight must be between [1, 100]; got ${Weight}`);
  const seen = new Set<string>();
  for (const { Value, Percent } of SpreadTarget) {
    const value = JSON.stringify(Value);
    if (seen.has(Value)) problems.push(`Spread target ${value} defined more than once`);
    seen.add(Value);
    if (Percent < 0 || Percent > 100) {
      problems.push(`Percent of spread target ${value} must be between [0, 100]; got ${Percent}`);
    }
  }
  const sum = SpreadTarget.reduce((total, { Percent }) => total + Percent, 0);
  if (sum > 100) problems.push(`Percents of spread targets must not be more than 100 together; got ${sum}`);
  return problems;
}
