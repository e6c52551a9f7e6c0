import type { Budget } from "../evaluation/budget.ts";
import { entriesOf, isMap, sorted, textOf, type Value, ValueSet } from "../evaluation/value.ts";

/** A value as YAML: blocks for objects and lists, texts in double quotes, so that none is taken for something else. */
export function yamlText(value: Value, budget: Budget): string {
  return `${lines(value, budget).join("\n")}\n`;
}

/** Each line is paid for at each level that indents it. */
function lines(value: Value, budget: Budget): string[] {
  const found = linesOf(value, budget);
  budget.spend(found.length);
  return found;
}

function linesOf(value: Value, budget: Budget): string[] {
  if (isMap(value)) {
    if (value.size === 0) return ["{}"];
    return sorted(value).flatMap(([key, member]) => {
      const below = lines(member, budget);
      const [first = ""] = below;
      if (isLeaf(member)) return [`${JSON.stringify(key)}: ${first}`];
      return [`${JSON.stringify(key)}:`, ...below.map((line) => (isMap(member) ? `  ${line}` : line))];
    });
  }
  if (Array.isArray(value) || value instanceof ValueSet) {
    const elements = entriesOf(value) ?? [];
    if (elements.length === 0) return ["[]"];
    return elements.flatMap(([, element]) =>
      lines(element, budget).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)),
    );
  }
  if (value === null) return ["null"];
  return [typeof value === "string" ? JSON.stringify(value) : textOf(value)];
}

function isLeaf(value: Value): boolean {
  return (entriesOf(value)?.length ?? 0) === 0;
}
