import type * as z from "zod";
import { listOf, struct, text, whole, wholeOr } from "../wire/index.ts";

/** A condition a node must meet. Targets beginning with `${` are looked up on the node, others are literal. */
export const constraint = struct({ LTarget: text, RTarget: text, Operand: text });
export type Constraint = z.infer<typeof constraint>;

/** What an affinity or a spread that gives itself no weight weighs. */
const defaultWeight = 50;

/** A preference for nodes that meet a condition, or against them; `Weight` from -100 to 100, but not 0. */
export const affinity = struct({ LTarget: text, RTarget: text, Operand: text, Weight: wholeOr(defaultWeight) });
export type Affinity = z.infer<typeof affinity>;

/**
 * A wish to spread allocations over the values of an attribute: with targets by their percents, without them evenly.
 * Weights from 1 to 100.
 */
export const spread = struct({
  Attribute: text,
  Weight: wholeOr(defaultWeight),
  SpreadTarget: listOf(struct({ Value: text, Percent: whole })),
});
export type Spread = z.infer<typeof spread>;
