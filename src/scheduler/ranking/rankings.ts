import type { AllocationID, Job, Node, TaskGroup } from "../../model/index.ts";
import { allocationSpread } from "./allocation-spread.ts";
import { groupAntiAffinity, jobAntiAffinity } from "./job-anti-affinity.ts";
import { nodeAffinity } from "./node-affinity.ts";
import type { Scorer } from "./scorer.ts";
import { spreadGoal } from "./spread-goal.ts";
import { hasWishes, type Wishes, wishesOf } from "./wishes.ts";

/** Nodes with room that are compared for a group with wishes: among a few drawn by chance none might meet them. */
const wishfulCandidates = 100;

/** How nodes are compared for one allocation. */
export interface Ranking {
  readonly scorers: readonly Scorer[];
  /** So many nodes with room are worth comparing, even if fewer would do for another group. */
  readonly candidates: number;
}

/** What else of the cluster counts when nodes are compared. */
export interface Surroundings {
  /** Nodes that may run the group. */
  readonly open: (group: TaskGroup) => readonly Node[];
  /** The node of each allocation of the group, but for the allocation `except`. */
  readonly taken: (group: TaskGroup, except?: AllocationID) => readonly Node[];
}

/**
 * How nodes are compared for the groups of a job. For a group without wishes it is as in Nomad 0.4.1: they lose
 * `antiAffinity` for each allocation of the job that is there.
 */
export function rankings(
  job: Job,
  antiAffinity: number,
  surroundings: Surroundings,
): (group: TaskGroup, except?: AllocationID) => Ranking {
  const plain: Ranking = { scorers: [jobAntiAffinity(antiAffinity)], candidates: 0 };
  const known = new Map<string, (except?: AllocationID) => Ranking>();
  return (group, except) => {
    const ranking = known.get(group.Name) ?? rankingFor(group);
    known.set(group.Name, ranking);
    return ranking(except);
  };

  function rankingFor(group: TaskGroup): (except?: AllocationID) => Ranking {
    const wishes = wishesOf(job, group);
    return hasWishes(wishes) ? wishfulRanking(group, wishes, surroundings) : () => plain;
  }
}

/** What does not change from one allocation to the next is worked out once. */
function wishfulRanking(
  group: TaskGroup,
  { affinities, spreads }: Wishes,
  { open, taken }: Surroundings,
): (except?: AllocationID) => Ranking {
  const nodes = spreads.length > 0 ? open(group) : [];
  const goals = spreads.map((spread) => spreadGoal(spread, nodes));
  const scorers = [groupAntiAffinity(group), ...(affinities.length > 0 ? [nodeAffinity(affinities)] : [])];
  return (except) => ({
    scorers: goals.length > 0 ? [...scorers, allocationSpread(goals, taken(group, except))] : scorers,
    candidates: wishfulCandidates,
  });
}
