import type * as z from "zod";
import { listOf, struct, text, whole } from "../wire/index.ts";

/** A condition a node must meet. Targets beginning with `${` are looked up on the node, others are literal. */
export const constraint = struct({ LTarget: text, RTarget: text, Operand: text });
export type Constraint = z.infer<typeof constraint>;

/** A preference for nodes; `Weight` from -100 to 100. */
export const affinity = struct({ LTarget: text, RTarget: text, Operand: text, Weight: whole });

/** A wish to spread allocations over the values of an attribute; weights and percents from 0 to 100. */
export const spread = struct({
  Attribute: text,
  Weight: whole,
  SpreadTarget: listOf(struct({ Value: text, Percent: whole })),
});
