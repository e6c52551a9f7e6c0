import { nearest } from "../../base/index.ts";
import { asString, type Body, blocksOf, checkKeys, type Finding, HCLError, readFields } from "../../hcl/index.ts";
import { type Constraint, comparesAllocations, constraintOperators, problemsOfConstraint } from "../../model/index.ts";
import { conditionKeys, conditionParts, placeOf, readCondition } from "./condition.ts";
import { readSwitch } from "./switch.ts";

/** Short forms of what compares allocations: the first stands for its operator alone, the second has the left side. */
const comparing = ["distinct_hosts", "distinct_property"];

/** All `constraint` blocks of a job or a group. Most operators have a key of their own, short for it and its value. */
export function readConstraints(body: Body): readonly Constraint[] {
  return blocksOf(body, "constraint").flatMap((block) => readConstraint(block.body) ?? []);
}

/** Those of a task, which cannot compare allocations. */
export function readTaskConstraints(body: Body): readonly Constraint[] {
  return blocksOf(body, "constraint").flatMap(({ body }) => {
    const constraint = readConstraint(body);
    if (constraint === undefined) return [];
    if (!comparesAllocations(constraint.Operand)) return constraint;
    const message = `disallowed Operand at task level: ${constraint.Operand}`;
    const position = placeOf(body, [...comparing, ...conditionParts.Operand]);
    throw HCLError.problems(body.source, [{ message, position, hint: "It belongs in the group or the job" }]);
  });
}

/** Undefined for one that says `distinct_hosts = false`: it asks for nothing. */
function readConstraint(body: Body): Constraint | undefined {
  checkKeys(body, [...conditionKeys, ...comparing]);
  const condition = readCondition(body, comparing);
  const { distinct_property } = readFields(body, { distinct_property: ["LTarget", asString] });
  const distinctHosts = readSwitch(body, "distinct_hosts", "distinct_hosts");
  if (distinctHosts === false) return undefined;
  if (distinctHosts) return { ...condition, Operand: "distinct_hosts" };
  if (distinct_property === undefined) return fit(body, condition);
  return fit(body, { ...condition, LTarget: distinct_property, Operand: "distinct_property" });
}

/**
 * The constraint, unless no node could meet it: that is refused in its place. An expression or a list of versions that
 * cannot be read is left for when all that is wrong with the job is told, as Nomad 0.4.1 does.
 */
function fit(body: Body, constraint: Constraint): Constraint {
  const { Operand } = constraint;
  const toldLater = Operand === "regexp" || Operand === "version";
  const problems = problemsOfConstraint(constraint).filter(({ part }) => !(toldLater && part === "RTarget"));
  if (problems.length === 0) return constraint;
  const keys = { ...conditionParts, LTarget: [...conditionParts.LTarget, "distinct_property"] };
  const findings = problems.map(({ part, message }): Finding => {
    const hint = part === "Operand" ? operatorHint(Operand) : undefined;
    return { message, position: placeOf(body, keys[part]), hint };
  });
  throw HCLError.problems(body.source, findings);
}

function operatorHint(operator: string): string {
  const meant = nearest(operator, constraintOperators);
  return meant === undefined ? `Known here: ${[...constraintOperators].join(", ")}` : `Did you mean "${meant}"?`;
}
