/**
 * Spreading a group's allocations over the values of an attribute. Of each value is asked how full it is: the
 * allocations there, by the share it is to have. The emptiest value pulls with +1, the fullest pushes with -1, the
 * others are between them; when all are equally full none does either. So the next allocation goes where most is missing,
 * however many values and allocations there are: without targets values differ by one at most, and targets are met
 * exactly where numbers allow it and there is room.
 *
 *     target     dc1 60   dc2 20   others 20
 *     there         3        2         0
 *     fullness    .05       .1         0
 *     the next      0       -1        +1
 */
import { highestFitScore, type Node } from "../../model/index.ts";
import type { Scorer } from "./scorer.ts";
import type { SpreadGoal } from "./spread-goal.ts";

/** Each goal has a say by its weight. `taken` is the node of each allocation the group has so far, a node once for each. */
export function allocationSpread(goals: readonly SpreadGoal[], taken: readonly Node[]): Scorer {
  const total = goals.reduce((sum, { weight }) => sum + weight, 0);
  const says = goals.map((goal) => ({ pull: goal.pulls(taken), share: goal.weight / total }));
  return {
    name: "allocation-spread",
    score: ({ node }) => says.reduce((sum, { pull, share }) => sum + pull(node) * share, 0) * highestFitScore,
  };
}
