import type { Constraint } from "./constraint.ts";
import type { Node } from "./node.ts";
import { compilePattern } from "./pattern.ts";
import { versionConstraint } from "./version-constraint.ts";

/** The constraint that is not about a node alone but about what else runs there. */
export const distinctHosts = "distinct_hosts";

type Comparison = (left: string, right: string) => boolean;

const comparisons: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ["=", (left, right) => left === right],
  ["==", (left, right) => left === right],
  ["is", (left, right) => left === right],
  ["!=", (left, right) => left !== right],
  ["not", (left, right) => left !== right],
  ["<", (left, right) => compareBytes(left, right) < 0],
  ["<=", (left, right) => compareBytes(left, right) <= 0],
  [">", (left, right) => compareBytes(left, right) > 0],
  [">=", (left, right) => compareBytes(left, right) >= 0],
  ["version", prepared(versionConstraint)],
  ["regexp", prepared(compilePattern)],
]);

/** True if the operator compares two values. */
export function isComparison(operand: string): boolean {
  return comparisons.has(operand);
}

/**
 * A test whether nodes meet the constraint. Order is that of bytes, so that "10" comes before "9". What a node
 * does not have meets nothing, not even `!=`; nor does any node meet a constraint that cannot be read.
 * `distinct_hosts` is met here by every node: whoever places allocations looks at it.
 */
export function constraintCheck(constraint: Constraint): (node: Node) => boolean {
  if (constraint.Operand === distinctHosts) return () => true;
  const compare = comparisons.get(constraint.Operand);
  if (compare === undefined) return () => false;
  const holds = memoized(compare);
  return (node) => {
    const left = targetValue(constraint.LTarget, node);
    const right = targetValue(constraint.RTarget, node);
    return left !== undefined && right !== undefined && holds(left, right);
  };
}

/** The constraint as metrics and error texts show it. */
export function constraintText({ LTarget, Operand, RTarget }: Constraint): string {
  return `${LTarget} ${Operand} ${RTarget}`;
}

/** True if the constraint looks at something unique to a node, so that a computed class says nothing about it. */
export function looksAtUnique({ LTarget, RTarget }: Constraint): boolean {
  return [LTarget, RTarget].some((target) => /^\$\{(?:node|attr|meta)\.unique\./.test(target));
}

/** What the target is on this node. One that is no `${…}` stands for itself; undefined if the node has no such thing. */
export function targetValue(target: string, node: Node): string | undefined {
  if (!target.startsWith("${")) return target;
  switch (target) {
    case "${node.unique.id}":
      return node.ID;
    case "${node.datacenter}":
      return node.Datacenter;
    case "${node.unique.name}":
      return node.Name;
    case "${node.class}":
      return node.NodeClass;
  }
  if (target.startsWith("${attr.")) return own(node.Attributes, target.slice("${attr.".length, -1));
  if (target.startsWith("${meta.")) return own(node.Meta, target.slice("${meta.".length, -1));
  return undefined;
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Bytes of UTF-8 come in the order of code points, which differs from that of JavaScript's strings above U+FFFF. */
function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function prepared(prepare: (right: string) => ((left: string) => boolean) | undefined): Comparison {
  return (left, right) => prepare(right)?.(left) ?? false;
}

/** Many nodes have the same value, and to read a pattern costs more than to look up its last answer. */
function memoized(compare: Comparison): Comparison {
  let last: { left: string; right: string; answer: boolean } | undefined;
  return (left, right) => {
    if (last?.left !== left || last.right !== right) last = { left, right, answer: compare(left, right) };
    return last.answer;
  };
}
