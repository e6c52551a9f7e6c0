import type { Node } from "./node.ts";

/**
 * What a side of a constraint is on this node. One that is no `${…}` stands for itself, and only a whole reference is
 * looked up; undefined if the node has no such thing.
 */
export function targetValue(target: string, node: Node): string | undefined {
  if (!isReference(target)) return target;
  switch (target) {
    case "${node.unique.id}":
      return node.ID;
    case "${node.unique.name}":
      return node.Name;
    case "${node.datacenter}":
      return node.Datacenter;
    case "${node.class}":
      return node.NodeClass;
    case "${node.pool}":
      return poolOf(node);
  }
  const [, map, key = ""] = /^\$\{(attr|meta)\.(.*)\}$/s.exec(target) ?? [];
  if (map === undefined) return undefined;
  const values = map === "attr" ? node.Attributes : node.Meta;
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

/** True if the target is looked up on each node and does not stand for itself. */
export function isReference(target: string): boolean {
  return target.startsWith("${");
}

/** A node that names no pool is in the default one. */
export function poolOf({ NodePool }: Pick<Node, "NodePool">): string {
  return NodePool || "default";
}

/** True if the target is unique to a node, so that a computed class says nothing about it. */
export function isUniqueTarget(target: string): boolean {
  return /^\$\{(?:node|attr|meta)\.unique\./.test(target);
}
