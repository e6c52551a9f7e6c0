import { dictionary } from "../../base/index.ts";
import type { Node } from "../../model/index.ts";

/** Names by which job files refer to a value. */
export type Values = Readonly<Record<string, string>>;

/**
 * Replaces each `${name}` by its value, looked up in `sources` in turn. Unknown names stay as they are, and so does
 * `$name` without braces; there is no escape.
 */
export function interpolate(text: string, sources: readonly Values[]): string {
  return text.replace(/\$\{([A-Za-z0-9_.-]+)\}/g, (whole, name: string) => {
    const source = sources.find((values) => Object.hasOwn(values, name));
    return source?.[name] ?? whole;
  });
}

/** A node as job files see it: `node.datacenter`, `attr.kernel.name`, `meta.rack` … */
export function nodeValues(node: Node): Values {
  const prefixed = (prefix: string, values: Values) =>
    Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value] as const);
  return dictionary([
    ["node.unique.id", node.ID],
    ["node.datacenter", node.Datacenter],
    ["node.unique.name", node.Name],
    ["node.class", node.NodeClass],
    ...prefixed("attr", node.Attributes),
    ...prefixed("meta", node.Meta),
  ]);
}
