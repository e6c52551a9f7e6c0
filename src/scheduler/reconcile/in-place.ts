import { deepEqual, dictionary, type Steps } from "../../base/index.ts";
import { type Allocation, isClientTerminal, type Node, networkIndexOf } from "../../model/index.ts";
import type { Assignment } from "../findings.ts";
import type { Option } from "../ranking/bin-pack.ts";
import { wishesOf } from "../ranking/wishes.ts";
import { type Search, select } from "../select.ts";
import type { Wanted } from "./classify.ts";
import { mustRestart } from "./task-changes.ts";

/** How allocations of an older version of the job come to the present one. */
export interface UpdateSplit {
  /** They go on running where they are; the draft says so already. */
  readonly inPlace: readonly Wanted[];
  /** They must be stopped and placed anew. */
  readonly destructive: readonly Wanted[];
  /** They ended well and were stopped for an update before, without room for their successors: these are missing. */
  readonly unreplaced: readonly Wanted[];
}

/** Updates in place what can be, in the search's draft. */
export function* updateInPlace(updates: readonly Wanted[], search: Search, assignment: Assignment): Steps<UpdateSplit> {
  const inPlace: Wanted[] = [];
  const destructive: Wanted[] = [];
  const unreplaced: Wanted[] = [];
  for (const wanted of search.draft.whileRoom(updates)) {
    yield;
    if (updateOne(wanted, search, assignment)) inPlace.push(wanted);
    else (wanted.allocation.DesiredStatus === "run" ? destructive : unreplaced).push(wanted);
  }
  return { inPlace, destructive, unreplaced };
}

/**
 * True if the allocation stays. It does if its tasks are the same and its node may still run it and has the room. Where
 * it should be may have changed with its affinities and spreads: then it is placed anew.
 * What ended well needs no room, and nobody has to be told.
 */
function updateOne({ allocation, group }: Wanted, search: Search, { view, evaluation }: Assignment): boolean {
  const earlier = allocation.Job;
  const before = earlier?.TaskGroups.find(({ Name }) => Name === allocation.TaskGroup);
  if (!earlier || before === undefined || mustRestart(before, group)) return false;
  if (!deepEqual(wishesOf(earlier, before), wishesOf(search.job, group))) return false;
  if (isClientTerminal(allocation)) return true;
  const node = view.nodes.get(allocation.NodeID.toLowerCase());
  if (node === undefined || !search.job.Datacenters.includes(node.Datacenter)) return false;
  const proposed = search.draft.proposedOn(node.ID, allocation.ID);
  const range = { nodes: [{ node, proposed }], limit: 1, available: dictionary<number>(), except: allocation.ID };
  const { option, metrics } = select(search, group, range);
  if (option === undefined) return false;
  const updated = {
    ...allocation,
    EvalID: evaluation.ID,
    Job: null,
    Resources: null,
    TaskResources: withNetworksKept(option, allocation),
    Metrics: metrics,
  };
  if (!hasNetworksOf(node, updated, search)) return false;
  search.draft.update(allocation, updated);
  return true;
}

/** False if the node has changed, and cannot give the bandwidth and the ports that the allocation holds. */
function hasNetworksOf(node: Node, updated: Allocation, { draft }: Search): boolean {
  if (Object.values(updated.TaskResources).every(({ Networks }) => Networks.length === 0)) return true;
  const network = networkIndexOf(node, [...draft.proposedOn(node.ID, updated.ID).allocations, updated]);
  return !network.hasCollision && !network.isOvercommitted;
}

/** What was granted anew, but on the addresses and ports the tasks listen on already. */
function withNetworksKept({ taskResources }: Option, allocation: Allocation): Allocation["TaskResources"] {
  return dictionary(
    Object.entries(taskResources).map(([task, granted]) => {
      const Networks = allocation.TaskResources[task]?.Networks ?? [];
      return [task, { ...granted, Networks }] as const;
    }),
  );
}
