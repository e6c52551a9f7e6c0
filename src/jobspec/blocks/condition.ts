import { asString, type Body, type Finding, HCLError, readFields } from "../../hcl/index.ts";

const sides = {
  attribute: ["LTarget", asString],
  operator: ["Operand", asString],
  value: ["RTarget", asString],
} as const;

/** Keys that stand for the operator of their name and its right side. */
const shortForms = {
  version: asString,
  regexp: asString,
  semver: asString,
  set_contains: asString,
  set_contains_all: asString,
  set_contains_any: asString,
} as const;

/** The keys of a condition on nodes: what constraints and affinities have in common. */
export const conditionKeys = [...Object.keys(sides), ...Object.keys(shortForms)];

/** Where the parts of a condition may be written. */
export const conditionParts = {
  LTarget: ["attribute"],
  Operand: ["operator"],
  RTarget: ["value", ...Object.keys(shortForms)],
};

/** Refuses two short forms in one block, of which only one would hold; `others` are those that only this block has. */
export function readCondition(body: Body, others: readonly string[] = []) {
  refuseSecondForm(body, [...Object.keys(shortForms), ...others]);
  const { attribute: LTarget = "", operator, value: RTarget = "" } = readFields(body, sides);
  const [short] = Object.entries(readFields(body, shortForms));
  if (short !== undefined) return { LTarget, RTarget: short[1], Operand: short[0] };
  return { LTarget, RTarget, Operand: operator || "=" };
}

function refuseSecondForm(body: Body, forms: readonly string[]): void {
  const [, second] = new Set(body.items.map(({ key }) => key).filter((key) => forms.includes(key)));
  if (second === undefined) return;
  const message = `only one of ${forms.join(", ")} allowed in a block`;
  throw HCLError.problems(body.source, [
    { message, position: placeOf(body, [second]), hint: "Write a block for each" },
  ]);
}

/** Where a value of these keys was written last, or else the block. */
export function placeOf(body: Body, keys: readonly string[]): Finding["position"] {
  const item = body.items.findLast(({ key }) => keys.includes(key));
  if (item === undefined) return body.position;
  return item.kind === "attribute" ? item.value.position : item.position;
}
