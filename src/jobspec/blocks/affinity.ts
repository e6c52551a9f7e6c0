import { asInteger, asString, type Body, blocksOf, checkKeys, readFields } from "../../hcl/index.ts";

const fields = {
  attribute: ["LTarget", asString],
  operator: ["Operand", asString],
  value: ["RTarget", asString],
  weight: ["Weight", asInteger],
  version: asString,
  regexp: asString,
} as const;

/** All `affinity` blocks. `version` and `regexp` are short for an operator and its value. */
export function readAffinities(body: Body) {
  return blocksOf(body, "affinity").map((block) => readAffinity(block.body));
}

function readAffinity(body: Body) {
  checkKeys(body, Object.keys(fields));
  const { attribute, operator, value, weight, version, regexp } = readFields(body, fields);
  const affinity = { LTarget: attribute ?? "", RTarget: value ?? "", Operand: operator || "=", Weight: weight };
  if (regexp !== undefined) return { ...affinity, Operand: "regexp", RTarget: regexp };
  if (version !== undefined) return { ...affinity, Operand: "version", RTarget: version };
  return affinity;
}
