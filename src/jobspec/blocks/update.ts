import { asDuration, asInteger, type Body, checkKeys, onlyBlockOf, readFields } from "../../hcl/index.ts";

const fields = { stagger: ["Stagger", asDuration], max_parallel: asInteger } as const;

/** The `update` block: rolling only if both of its keys are above zero. */
export function readUpdate(body: Body) {
  const block = onlyBlockOf(body, "update", "only one 'update' block allowed per job");
  if (block === undefined) return null;
  checkKeys(block.body, Object.keys(fields));
  const { stagger, max_parallel } = readFields(block.body, fields);
  return { Stagger: stagger ?? 0, MaxParallel: max_parallel ?? 0 };
}
