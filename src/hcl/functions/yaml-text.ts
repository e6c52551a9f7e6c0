import { entriesOf, isMap, sorted, textOf, type Value, ValueSet } from "../evaluation/value.ts";

/** A value as YAML: blocks for objects and lists, texts in double quotes, so that none is taken for something else. */
export function yamlText(value: Value): string {
  return `${lines(value).join("\n")}\n`;
}

function lines(value: Value): string[] {
  if (isMap(value)) {
    if (value.size === 0) return ["{}"];
    return sorted(value).flatMap(([key, member]) => {
      const below = lines(member);
      const [first = ""] = below;
      if (isLeaf(member)) return [`${JSON.stringify(key)}: ${first}`];
      return [`${JSON.stringify(key)}:`, ...below.map((line) => (isMap(member) ? `  ${line}` : line))];
    });
  }
  if (Array.isArray(value) || value instanceof ValueSet) {
    const elements = entriesOf(value) ?? [];
    if (elements.length === 0) return ["[]"];
    return elements.flatMap(([, element]) =>
      lines(element).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)),
    );
  }
  if (value === null) return ["null"];
  return [typeof value === "string" ? JSON.stringify(value) : textOf(value)];
}

function isLeaf(value: Value): boolean {
  return (entriesOf(value)?.length ?? 0) === 0;
}
