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
import { type Allocation, isPreempted, type Job, mayPreempt, type TaskGroup } from "../../model/index.ts";
import type { Prospect } from "../feasibility/prospect.ts";
import type { Fitting, Lacking, Packing } from "../ranking/bin-pack.ts";
import { distanceFrom, type Missing, missingOn } from "./missing.ts";
import { leastReluctant, priorityOf } from "./reluctance.ts";

/** A group that is to have room, and what is known of the plan so far. */
export interface Asking {
  readonly job: Job;
  readonly group: TaskGroup;
  /** How the group would be on a node. */
  readonly pack: (prospect: Prospect) => Packing;
  /** What the plan stops already to make room elsewhere. */
  readonly stopped: readonly Allocation[];
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
  const without = (stopped: ReadonlySet<Allocation>) => {
    const staying = proposed.filter((allocation) => !stopped.has(allocation));
    return { staying, packing: asking.pack({ node, proposed: staying }) };
  };
  const asItIs = asking.pack(prospect);
  if (asItIs.fits) return { ...asItIs, preempted: [], staying: proposed };
  const stoppable = proposed.filter((allocation) => mayPreempt(asking.job, allocation));
  if (stoppable.length === 0 || proposed.some(isPreempted)) return asItIs;
  if (!without(new Set(stoppable)).packing.fits) return asItIs;

  const stopped = new Set<Allocation>();
  for (let { staying, packing } = without(stopped); !packing.fits; { staying, packing } = without(stopped)) {
    const next = leastReluctant(
      stoppable.filter((allocation) => !stopped.has(allocation)),
      {
        group: asking.group,
        missing: packing.lacks === "resources" ? missingOn(node, staying, asking.group) : "network",
        stopped: [...asking.stopped, ...stopped],
      },
    );
    if (next === undefined) return asItIs;
    stopped.add(next);
  }
  const missing = missingOn(node, proposed, asking.group);
  const spared = notNeeded([...stopped], missing, (fewer) => without(fewer).packing.fits);
  const preempted = [...stopped].filter((allocation) => !spared.has(allocation));
  const { staying, packing } = without(new Set(preempted));
  return packing.fits ? { ...packing, preempted, staying } : asItIs;
}

/**
 * Which of those that would be stopped may stay after all: the most important first, of equally important ones what is least
 * like that which was missing.
 */
function notNeeded(
  stopped: readonly Allocation[],
  missing: Missing,
  fitsWithout: (stopped: ReadonlySet<Allocation>) => boolean,
): ReadonlySet<Allocation> {
  const inTurn = stopped
    .map((allocation) => ({
      allocation,
      priority: priorityOf(allocation),
      distance: distanceFrom(missing, allocation),
    }))
    .sort((one, other) => other.priority - one.priority || other.distance - one.distance);
  const needed = new Set(stopped);
  const spared = new Set<Allocation>();
  for (const { allocation } of inTurn) {
    needed.delete(allocation);
    if (fitsWithout(needed)) spared.add(allocation);
    else needed.add(allocation);
  }
  return spared;
}
