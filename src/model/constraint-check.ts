import type { Constraint } from "./constraint.ts";
import type { Node } from "./node.ts";
import { isUniqueTarget, targetValue } from "./node-target.ts";
import { compilePattern } from "./pattern.ts";
import { compareValues } from "./value-order.ts";
import { semverConstraint, versionConstraint } from "./version-constraint.ts";

/** The constraints that are not about a node alone but about what else runs there, or on nodes like it. */
export const distinctHosts = "distinct_hosts";
export const distinctProperty = "distinct_property";

type Test = (left: string) => boolean;
/** What the right side makes of the operator; undefined if it cannot be read. */
type Operator = (right: string) => Test | undefined;

/** Met only by nodes that have both sides. */
const comparisons: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["=", equal],
  ["==", equal],
  ["is", equal],
  ["<", ordered((order) => order < 0)],
  ["<=", ordered((order) => order <= 0)],
  [">", ordered((order) => order > 0)],
  [">=", ordered((order) => order >= 0)],
  ["version", versionConstraint],
  ["semver", semverConstraint],
  ["regexp", compilePattern],
  ["set_contains", containsAll],
  ["set_contains_all", containsAll],
  ["set_contains_any", containsAny],
]);

const differing: ReadonlySet<string> = new Set(["!=", "not"]);
const presence: ReadonlySet<string> = new Set(["is_set", "is_not_set"]);

/** Every operator that means something. */
export const constraintOperators: ReadonlySet<string> = new Set([
  ...comparisons.keys(),
  ...differing,
  ...presence,
  distinctHosts,
  distinctProperty,
]);

/**
 * A test whether nodes meet the constraint. What a node does not have is different from everything and meets nothing
 * else; no node meets a constraint that cannot be read. `distinct_hosts` and `distinct_property` are met here by every
 * node: whoever places allocations looks at them.
 */
export function constraintCheck(constraint: Constraint): (node: Node) => boolean {
  const { LTarget, Operand } = constraint;
  if (Operand === distinctHosts || Operand === distinctProperty) return () => true;
  if (Operand === "is_set") return (node) => targetValue(LTarget, node) !== undefined;
  if (Operand === "is_not_set") return (node) => targetValue(LTarget, node) === undefined;
  if (differing.has(Operand)) {
    const isEqual = sidesMeet(constraint, equal);
    return (node) => !isEqual(node);
  }
  const operator = comparisons.get(Operand);
  return operator === undefined ? () => false : sidesMeet(constraint, operator);
}

/**
 * How many allocations the right side of `distinct_property` lets have the same value, 1 if it says nothing; undefined
 * if it is no such number.
 */
export function allowedCount(right: string): number | undefined {
  if (right === "") return 1;
  const count = /^[0-9]+$/.test(right) ? Number(right) : 0;
  return count >= 1 && Number.isSafeInteger(count) ? count : undefined;
}

/** The constraint as metrics and error texts show it. */
export function constraintText({ LTarget, Operand, RTarget }: Constraint): string {
  return `${LTarget} ${Operand} ${RTarget}`;
}

/** True if the constraint looks at something unique to a node, so that a computed class says nothing about it. */
export function looksAtUnique({ LTarget, RTarget }: Constraint): boolean {
  return isUniqueTarget(LTarget) || isUniqueTarget(RTarget);
}

function sidesMeet({ LTarget, RTarget }: Constraint, operator: Operator): (node: Node) => boolean {
  const holds = memoized(operator);
  return (node) => {
    const left = targetValue(LTarget, node);
    const right = targetValue(RTarget, node);
    return left !== undefined && right !== undefined && holds(left, right);
  };
}

function equal(right: string): Test {
  return (left) => left === right;
}

function ordered(isMet: (order: number) => boolean): Operator {
  return (right) => (left) => isMet(compareValues(left, right));
}

function containsAll(right: string): Test {
  const wanted = itemsOf(right);
  return (left) => wanted.every(isIn(left));
}

function containsAny(right: string): Test {
  const wanted = itemsOf(right);
  return (left) => wanted.some(isIn(left));
}

function isIn(list: string): (item: string) => boolean {
  const items = new Set(itemsOf(list));
  return (item) => items.has(item);
}

/** What stands between commas, without the space around it. */
function itemsOf(list: string): readonly string[] {
  return list.split(",").map((item) => item.trim());
}

/** The right side is most often the same for all nodes, and to read a pattern costs more than to look up its last answer. */
function memoized(operator: Operator): (left: string, right: string) => boolean {
  let read: { right: string; test: Test | undefined } | undefined;
  let last: { left: string; right: string; answer: boolean } | undefined;
  return (left, right) => {
    if (last?.left === left && last.right === right) return last.answer;
    if (read?.right !== right) read = { right, test: operator(right) };
    last = { left, right, answer: read.test?.(left) ?? false };
    return last.answer;
  };
}
