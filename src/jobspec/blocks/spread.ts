import { asInteger, asString, type Body, blocksOf, checkKeys, HCLError, readFields } from "../../hcl/index.ts";
import { uniqueBlocksOf } from "./unique-blocks.ts";

const fields = { attribute: ["Attribute", asString], weight: ["Weight", asInteger] } as const;

/** All `spread` blocks, each with its targets if it has some. */
export function readSpreads(body: Body) {
  return blocksOf(body, "spread").map((block) => readSpread(block.body));
}

function readSpread(body: Body) {
  checkKeys(body, [...Object.keys(fields), "target"]);
  const { attribute, weight } = readFields(body, fields);
  return { Attribute: attribute ?? "", Weight: weight, SpreadTarget: readTargets(body) };
}

function readTargets(body: Body) {
  const unnamed = blocksOf(body, "target").find((block) => block.labels.length === 0);
  if (unnamed !== undefined && body.source.syntax === "hcl") {
    throw HCLError.bare(body.source, { message: "targets of a spread must be named", position: unnamed.position });
  }
  return uniqueBlocksOf(body, "target").map(({ name, body: target }) => {
    checkKeys(target, ["percent"]);
    const { percent } = readFields(target, { percent: asInteger });
    return { Value: name, Percent: percent ?? 0 };
  });
}
