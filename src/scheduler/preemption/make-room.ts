/**
 * Room on a node for a group that does not fit there, by stopping what is less important. Of the allocations that may be
 * stopped the least important is taken, of equally important ones that which is closest to what is still missing, and so on
 * until the group fits. Then whatever was not needed stays after all, the most important first. So none of those that
 * are left could stay:
 *
 *     missing: 500 MHz         priority 20         priority 40
 *     may be stopped           a 100   b 200       c 300   d 900
 *     taken, in this order     b, a                c                   now it fits
 *     stays after all          a                                       b and c make 500
 *
 * Source: the preemption of Nomad since 0.9, which may stop more than it has to.
 */
import {
  type Allocation,
  isPreempted,
  type Job,
  mayPreempt,
  type TaskGroup,
  usageLess,
  usageOf,
} from "../../model/index.ts";
import type { Prospect } from "../feasibility/prospect.ts";
import { asksForNetwork, type Fitting, type Lacking, neededBy, type Packing } from "../ranking/bin-pack.ts";
import { leastReluctant, priorityOf } from "./reluctance.ts";
import { distance, isOver, type Shortage, shortageOn } from "./shortage.ts";

/** A group that is to have room, and what is known of the plan so far. */
export interface Asking {
  readonly job: Job;
  readonly group: TaskGroup;
  /** How the group would be on a node. */
  readonly pack: (prospect: Prospect) => Packing;
  /** How many allocations of the same group the plan stops already to make room elsewhere. */
  readonly stoppedAlike: (allocation: Allocation) => number;
}

/** How the group is on the node with what stays beside it, when the others are stopped. */
export interface MadeRoom extends Fitting {
  readonly preempted: readonly Allocation[];
  readonly staying: readonly Allocation[];
}

/**
 * If there is no way, says what the node lacks as it is. Where room is being made for something else none is made: what that
 * leaves over will be known soon.
 */
export function makeRoom(prospect: Prospect, asking: Asking): MadeRoom | Lacking {
  const { node, proposed } = prospect;
  const asItIs = asking.pack(prospect);
  if (asItIs.fits) return { ...asItIs, preempted: [], staying: proposed.allocations };
  const { allocations } = proposed;
  const stoppable = allocations.filter((allocation) => mayPreempt(asking.job, allocation));
  if (stoppable.length === 0 || allocations.some(isPreempted)) return asItIs;
  const without = lacks(prospect, asking);
  if (without(new Set(stoppable)) !== "nothing") return asItIs;
  const enough = leastImportant(stoppable, asking, without);
  if (enough === undefined) return asItIs;
  const preempted = needed(enough, without(new Set()), without);
  const staying = proposed.without(preempted, false);
  const packing = asking.pack({ node, proposed: staying });
  return packing.fits ? { ...packing, preempted, staying: staying.allocations } : asItIs;
}

/** What the node lacks for the group without these. */
type LacksWithout = (stopped: ReadonlySet<Allocation>) => Shortage | "network" | "nothing";

/** Only where networks are asked for must the group be packed to know: all else is a sum. */
function lacks({ node, proposed }: Prospect, { group, pack }: Asking): LacksWithout {
  const shortage = shortageOn(node, proposed.taken, neededBy(group));
  const needsNetwork = asksForNetwork(group);
  return (stopped) => {
    if (needsNetwork) {
      const packing = pack({ node, proposed: proposed.without(stopped, false) });
      if (packing.fits) return "nothing";
      if (packing.lacks === "network") return "network";
    }
    let left = shortage;
    for (const allocation of stopped) left = usageLess(left, usageOf(allocation));
    return isOver(left) ? "nothing" : left;
  };
}

/** Enough to make room, taken one by one. */
function leastImportant(
  stoppable: readonly Allocation[],
  { group, stoppedAlike }: Asking,
  without: LacksWithout,
): ReadonlySet<Allocation> | undefined {
  const left = new Set(stoppable);
  const stopped = new Set<Allocation>();
  for (;;) {
    const shortage = without(stopped);
    if (shortage === "nothing") return stopped;
    const next = leastReluctant(left, {
      group,
      shortage,
      stoppedAlike: (one) => stoppedAlike(one) + [...stopped].filter((other) => isAlike(one, other)).length,
    });
    if (next === undefined) return undefined;
    left.delete(next);
    stopped.add(next);
  }
}

function isAlike(one: Allocation, other: Allocation): boolean {
  return one.TaskGroup === other.TaskGroup && one.JobID === other.JobID && one.Namespace === other.Namespace;
}

/**
 * Of those that are enough, the ones that cannot stay: the most important are asked first, of equally important ones what is
 * least like that which was missing.
 */
function needed(
  enough: ReadonlySet<Allocation>,
  missing: ReturnType<LacksWithout>,
  without: LacksWithout,
): readonly Allocation[] {
  const far = (allocation: Allocation) => (typeof missing === "string" ? 0 : distance(missing, usageOf(allocation)));
  const inTurn = [...enough]
    .map((allocation) => ({ allocation, priority: priorityOf(allocation), far: far(allocation) }))
    .sort((one, other) => other.priority - one.priority || other.far - one.far);
  const stopped = new Set(enough);
  for (const { allocation } of inTurn) {
    stopped.delete(allocation);
    if (without(stopped) !== "nothing") stopped.add(allocation);
  }
  return [...enough].filter((allocation) => stopped.has(allocation));
}
