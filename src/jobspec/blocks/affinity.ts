import { asInteger, type Body, blocksOf, checkKeys, readFields } from "../../hcl/index.ts";
import { conditionKeys, readCondition } from "./condition.ts";

/** All `affinity` blocks: conditions with a weight. */
export function readAffinities(body: Body) {
  return blocksOf(body, "affinity").map((block) => readAffinity(block.body));
}

function readAffinity(body: Body) {
  checkKeys(body, [...conditionKeys, "weight"]);
  const { weight } = readFields(body, { weight: ["Weight", asInteger] });
  return { ...readCondition(body), Weight: weight };
}
