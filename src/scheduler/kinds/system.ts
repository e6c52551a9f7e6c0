import type { Steps } from "../../base/index.ts";
import type { Allocation, Job, Node, NodeID } from "../../model/index.ts";
import { jobKey, schedulerConfigurationIn } from "../../state/index.ts";
import { annotations } from "../annotations.ts";
import { ClassVerdicts } from "../feasibility/class-verdicts.ts";
import { onDistinctProperties } from "../feasibility/distinct-property.ts";
import { DraftedNode } from "../feasibility/prospect.ts";
import { type Assignment, type Decided, draftFor, nothingWanted, outcomeOf, queuedBy } from "../findings.ts";
import type { SchedulingOutcome } from "../outcome.ts";
import { newAllocation, type Placement } from "../placement.ts";
import type { PlanDraft } from "../plan-draft.ts";
import { preempting } from "../preemption/preempting.ts";
import { packerFor } from "../ranking/bin-pack.ts";
import type { Ranking } from "../ranking/rankings.ts";
import { type ReadyNodes, readyNodes } from "../ready-nodes.ts";
import { classify, type Sets, type Wanted } from "../reconcile/classify.ts";
import { running } from "../reconcile/considered.ts";
import { updateInPlace } from "../reconcile/in-place.ts";
import { replacing } from "../reconcile/replacing.ts";
import { isRolling, takeTurn } from "../reconcile/rolling.ts";
import { stops, stopUnwanted } from "../reconcile/stops.ts";
import { lostWhileStopping, type Taint, taintsOf } from "../reconcile/taints.ts";
import { wantedJob, wantedNames } from "../reconcile/wanted.ts";
import { type Search, select } from "../select.ts";
import { Unplaced } from "../unplaced.ts";

/**
 * Brings a job to every node that may run it, once each. What leaves a node is not placed elsewhere, and what finds no
 * room waits for nothing, unless it had to make room for others: each change of a node has all system jobs looked at again.
 */
export function* scheduleSystem(assignment: Assignment): Steps<SchedulingOutcome> {
  const { view, evaluation } = assignment;
  const job = wantedJob(view, evaluation);
  const stored = [...view.allocations.by("job", jobKey(evaluation.Namespace, evaluation.JobID))];
  const taints = taintsOf(view, stored);
  const draft = draftFor(assignment, { job, stored });
  for (const allocation of draft.whileRoom(lostWhileStopping(stored, taints))) draft.stop(allocation, stops.lost);
  const ready = readyNodes(view, job?.Datacenters ?? []);
  const sets = classifyByNode(running(stored), { assignment, job, taints, ready });
  for (const allocation of draft.whileRoom(sets.stop)) {
    draft.stop(allocation, stopUnwanted(allocation, taints.get(allocation.NodeID)));
  }
  const decided =
    job === undefined ? nothingWanted(sets.stop) : yield* bringUp(assignment, { job, sets, draft, ready });
  // No change of a node tells when those that took its room are gone.
  const mayBlock = evaluation.TriggeredBy === "preemption";
  return outcomeOf(assignment, { ...decided, draft, job, stored, mayBlock });
}

/** Nodes are not compared: each is tried alone. */
const everyNode: Ranking = { scorers: [], candidates: 1 };

/** A placement that can be on one node only. */
interface NodePlacement extends Placement {
  readonly node: Node;
}

/** What is to become of the allocations on all nodes together. */
interface SystemSets extends Pick<Sets, "stop" | "update" | "ignore"> {
  readonly place: readonly NodePlacement[];
}

/**
 * Each node is a case of its own, and all want the same names. On nodes that are not ready nothing is placed, and on
 * those outside of the job's datacenters nothing is wanted.
 */
function classifyByNode(
  allocations: readonly Allocation[],
  parts: {
    readonly assignment: Assignment;
    readonly job: Job | undefined;
    readonly taints: ReadonlyMap<NodeID, Taint>;
    readonly ready: ReadyNodes;
  },
): SystemSets {
  const { assignment, job, taints, ready } = parts;
  const names = wantedNames(job);
  const readyNode = new Map(ready.nodes.map((node) => [node.ID, node]));
  const onNode = Map.groupBy(allocations, ({ NodeID }) => NodeID);
  const sets = {
    place: [] as NodePlacement[],
    stop: [] as Allocation[],
    update: [] as Wanted[],
    ignore: [] as Wanted[],
  };
  for (const nodeID of new Set([...readyNode.keys(), ...onNode.keys()])) {
    const isWanted = taints.has(nodeID) || isInDatacenters(assignment, job, nodeID);
    const here = classify(onNode.get(nodeID) ?? [], { job, names: isWanted ? names : new Map(), taints });
    const node = readyNode.get(nodeID);
    if (node !== undefined) sets.place.push(...here.place.map((placement) => ({ ...placement, node })));
    sets.stop.push(...here.stop, ...[...here.migrate, ...here.lost].map(({ allocation }) => allocation));
    sets.update.push(...here.update);
    sets.ignore.push(...here.ignore);
  }
  return sets;
}

function isInDatacenters({ view }: Assignment, job: Job | undefined, nodeID: NodeID): boolean {
  const node = view.nodes.get(nodeID.toLowerCase());
  return node !== undefined && (job?.Datacenters.includes(node.Datacenter) ?? false);
}

function* bringUp(
  assignment: Assignment,
  parts: { readonly job: Job; readonly sets: SystemSets; readonly draft: PlanDraft; readonly ready: ReadyNodes },
): Steps<Decided> {
  const { job, sets, draft, ready } = parts;
  const search: Search = {
    job,
    draft,
    verdicts: new ClassVerdicts(job),
    checks: onDistinctProperties(job, assignment.view, draft),
    packer: packerFor(schedulerConfigurationIn(assignment.view)),
    ranking: () => everyNode,
    context: assignment.context,
  };
  const updates = yield* updateInPlace(sets.update, search, assignment);
  const readyNode = new Map(ready.nodes.map((node) => [node.ID, node]));
  const due = updates.destructive.filter(({ allocation }) => readyNode.has(allocation.NodeID));
  // A turn of a rolling update is taken when nothing else is left for another plan, which would take one more.
  const isCrowded = isRolling(job) && sets.place.length + job.Update.MaxParallel > draft.room;
  const failures = { unplaced: new Unplaced(), filtered: new Set<Placement>() };
  if (isCrowded) yield* placeAll(sets.place, failures, search, assignment, ready);
  const turn = takeTurn(job, { migrate: [], update: due, lost: [] }, draft);
  const replacements = replacing(draft, turn.taken.update, stops.updating).map((placement, at) => {
    const node = readyNode.get(turn.taken.update[at]?.allocation.NodeID ?? "") as Node;
    return { ...placement, node };
  });
  const placements = [...(isCrowded ? [] : sets.place), ...replacements];
  yield* placeAll(placements, failures, search, assignment, ready);
  const { unplaced, filtered } = failures;
  return {
    annotations: () =>
      annotations({
        Place: sets.place.filter((placement) => !filtered.has(placement)).map(({ group }) => group.Name),
        Stop: sets.stop.map(({ TaskGroup }) => TaskGroup),
        Ignore: sets.ignore.map(({ group }) => group.Name),
        InPlaceUpdate: updates.inPlace.map(({ group }) => group.Name),
        DestructiveUpdate: updates.destructive.map(({ group }) => group.Name),
      }),
    unplaced: unplaced.metrics,
    queued: queuedBy(
      job,
      [...sets.place, ...replacements].filter((placement) => !filtered.has(placement)),
    ),
    eligibility: search.verdicts.eligibility(unplaced.metrics.keys()),
    limitReached: turn.limitReached,
  };
}

/**
 * Places what it can, and says why the rest has no place. `filtered` holds what its node may never run: nobody waits for
 * that. What comes in the place of something that is stopped is placed with it, whatever room is left in the plan.
 */
function* placeAll(
  placements: readonly NodePlacement[],
  { unplaced, filtered }: { readonly unplaced: Unplaced; readonly filtered: Set<Placement> },
  search: Search,
  { view, evaluation, context }: Assignment,
  { byDatacenter }: ReadyNodes,
): Steps<void> {
  const last = preempting(search, schedulerConfigurationIn(view));
  for (const placement of placements) {
    yield;
    if (placement.replaces === "" && !search.draft.takesMore()) continue;
    const range = { nodes: [new DraftedNode(placement.node, search.draft)], limit: 1, available: byDatacenter };
    const found = select(search, placement.group, range);
    const { option, metrics } =
      found.option === undefined && last !== undefined ? select(last, placement.group, range) : found;
    if (option !== undefined) {
      const allocation = newAllocation({ evaluation, job: search.job, placement, option, metrics }, context);
      search.draft.place(allocation, option.preempted);
      continue;
    }
    unplaced.add(placement.group, metrics);
    if (metrics.NodesFiltered > 0) filtered.add(placement);
  }
}
