/**
 * Searching for single changes that make room for a group. Each kind of change is a file: it thinks of what could help and
 * has the scheduler tried on it. What did not help there is not told.
 */

import type { Steps } from "../../base/index.ts";
import type { Remedy } from "../../model/index.ts";
import { anotherNode, returningNode } from "./more-nodes.ts";
import { fewerConstraints, freePorts, moreDatacenters } from "./relaxations.ts";
import { smallerAsks } from "./smaller-asks.ts";
import { stoppedAllocation } from "./stopped-allocation.ts";
import type { Stuck } from "./stuck.ts";

/** In the order in which they are told: first what the author of the job can change. */
const searches: readonly ((stuck: Stuck) => Steps<readonly Remedy[]>)[] = [
  smallerAsks,
  freePorts,
  fewerConstraints,
  moreDatacenters,
  returningNode,
  anotherNode,
  stoppedAllocation,
];

/** Every change that was found and has helped. */
export function* remediesFor(stuck: Stuck): Steps<readonly Remedy[]> {
  const { trials } = stuck;
  const found: Remedy[] = [];
  for (const search of searches) {
    if (trials.isSpent) trials.cut();
    else found.push(...(yield* search(stuck)));
  }
  return found;
}
