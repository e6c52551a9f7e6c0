import { asString, type Body, blocksOf, checkKeys, readFields } from "../../hcl/index.ts";
import { readSwitch } from "./switch.ts";

const fields = {
  attribute: ["LTarget", asString],
  operator: ["Operand", asString],
  value: ["RTarget", asString],
  version: asString,
  regexp: asString,
} as const;

/** All `constraint` blocks. `version`, `regexp` and `distinct_hosts` are short for an operator and its value. */
export function readConstraints(body: Body) {
  return blocksOf(body, "constraint").flatMap((block) => readConstraint(block.body) ?? []);
}

/** Undefined for one that says `distinct_hosts = false`: it asks for nothing. */
function readConstraint(body: Body) {
  checkKeys(body, [...Object.keys(fields), "distinct_hosts"]);
  const { attribute, operator, value, version, regexp } = readFields(body, fields);
  const distinctHosts = readSwitch(body, "distinct_hosts", "distinct_hosts");
  if (distinctHosts === false) return undefined;
  const constraint = { LTarget: attribute ?? "", RTarget: value ?? "", Operand: operator || "=" };
  if (distinctHosts) return { ...constraint, Operand: "distinct_hosts" };
  if (regexp !== undefined) return { ...constraint, Operand: "regexp", RTarget: regexp };
  if (version !== undefined) return { ...constraint, Operand: "version", RTarget: version };
  return constraint;
}
